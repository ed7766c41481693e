"""What git may not write is told with the cure; other refusals are not taken for it."""

from __future__ import annotations

import pytest

from commands.ports.shell import CommandResult
from commands.steps.shared.checkout_state import where_it_stands
from commands.systems.git.words import advice, first_words

NEW = "b" * 10
OTHERWISE = "see its output"


def told(tail: str) -> str:
    return advice(CommandResult(code=128, tail=tail, size=len(tail), seconds=0), OTHERWISE)


HALF = "only part of it was done, and could not be undone"


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    "said",
    [
        "error: insufficient permission for adding an object to repository database .git/objects\nfatal: failed",
        "fatal: unable to append to '.git/logs/HEAD': Permission denied",
        "error: cannot open '.git/FETCH_HEAD': Permission denied",
        "fatal: Unable to create '/srv/x/.git/index.lock': Permission denied",
        "bash: line 12: /srv/x/.git/gonogo.lock: Permission denied",
    ],
)
def test_what_git_may_not_write_is_given_to_the_deploying_user(said: str) -> None:
    assert told(said) == "run `chown -R USER .git` there as root, with the deploying user in place of USER"
    assert told(f"{said}\nowned_by=ci\nowned_by=root\n").startswith("files in .git belong to ci, root, as")


@pytest.mark.parametrize(
    ("said", "todo"),
    [
        ("git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.", OTHERWISE),
        ('Load key "/home/op/.ssh/id": Permission denied\nfatal: Could not read from remote repository.', OTHERWISE),
        ("fatal: cannot exec '.git/hooks/post-checkout': Permission denied", OTHERWISE),
        ("fatal: unable to access '/root/.config/git/config': Permission denied", OTHERWISE),
        ("error: unable to unlink old 'lib/x.js': Permission denied", "make the deploying user the owner of that file"),
        ("bash: line 3: cd: /srv/x: Permission denied", "let the deploying user enter that folder"),
        ("error: unable to create temporary file: Read-only file system", "see why (mount, dmesg"),
    ],
)
def test_other_refusals_are_not_taken_for_files_of_another_user_in_git(said: str, todo: str) -> None:
    assert told(said).startswith(todo)


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("tail", "words", "todo"),
    [
        (
            f"{'@' * 59}\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n{'@' * 59}\nfatal: no",
            "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!",
            "compare the key of git's server",
        ),
        (
            "Host key verification failed.\nfatal: no",
            "Host key verification failed.",
            "compare the key of git's server",
        ),
        ("error: bad signature 0x00000000\nfatal: index file corrupt", "error: bad signature", "the index is damaged"),
        (
            "06dc516 New\nerror: object file .git/objects/cd/83 is empty\nfatal: loose object cd83 is corrupt",
            "error: object file .git/objects/cd/83 is empty",
            "objects of the clone are damaged",
        ),
    ],
)
def test_what_is_broken_beside_the_release_is_named_with_its_cure(tail: str, words: str, todo: str) -> None:
    assert first_words(CommandResult(code=128, tail=tail, size=len(tail), seconds=0)).startswith(words)
    assert told(tail).startswith(todo)


def test_values_of_our_own_script_are_not_words_of_git() -> None:
    assert (
        first_words(CommandResult(code=137, tail="head=1234\nfiles=head\n", size=21, seconds=0)) == "it printed nothing"
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, ""),
        ({"head": "b" * 40, "files": "head"}, " HEAD and the files are at commit bbbbbbbbbb."),
        ({"head": "", "files": "unknown"}, " Where HEAD and the files stand could not be read."),
        (
            {"head": "a" * 40, "files": "mixed"},
            f" HEAD is at commit {'a' * 10}, and files differ from it and from commit {NEW}: {HALF}.",
        ),
    ],
)
def test_where_head_and_the_files_stand_is_one_sentence(values: dict[str, str], sentence: str) -> None:
    assert where_it_stands(values, NEW) == sentence

"""Whether a release contains a bad commit, asked of a real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from commands.systems.git.contains import Contained, ask_whether_contained
from tests.local_shell import LocalShell

WHO = ["-c", "user.name=Nok", "-c", "user.email=nok@example.org"]


class Repository:
    """A real repository whose commits have the messages that a test gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main", str(folder))

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.folder.parent if words[0] == "init" else self.folder), *WHO, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str) -> str:
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def ask(self, commit: str, bad: str, fix: str = "", folder: Path | None = None) -> Contained:
        return ask_whether_contained(LocalShell({}), "here", str(folder or self.folder), commit, bad, fix)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop")


def test_a_commit_on_top_of_the_bad_one_contains_it_and_one_below_does_not(repository: Repository) -> None:
    before, bad, after = (repository.commit(name) for name in ("before", "bad", "after"))
    assert repository.ask(after, bad) == Contained(known=True, contains=True)
    assert repository.ask(bad, bad) == Contained(known=True, contains=True)
    assert repository.ask(before, bad) == Contained(known=True, contains=False)


def test_gits_own_revert_is_recognised_and_a_revert_of_the_revert_too(repository: Repository) -> None:
    bad = repository.commit("bad")
    revert = repository.commit(f'Revert "bad"\n\nThis reverts commit {bad}.')
    assert repository.ask(repository.commit("after"), bad).reverted == revert
    again = repository.commit(f'Reapply "bad"\n\nThis reverts commit {revert}.')
    assert repository.ask(again, bad) == Contained(known=True, contains=True)


def test_a_fix_is_recognised_by_the_text_of_the_page_which_is_no_pattern(repository: Repository) -> None:
    bad = repository.commit("bad")
    fix = repository.commit("Fixes deploy (a+)+$ 12")
    assert repository.ask(fix, bad, "fixes deploy (a+)+$ 12").fixed == fix
    assert repository.ask(fix, bad, "fixes deploy .* 12").fixed == ""


def test_a_commit_that_git_does_not_know_is_neither_contained_nor_not(repository: Repository) -> None:
    after = repository.commit("after")
    assert repository.ask(after, "0" * 40) == Contained(known=False)
    assert repository.ask("1" * 40, after) == Contained(known=False)


def test_a_shallow_clone_does_not_say_that_a_commit_is_not_contained(repository: Repository, tmp_path: Path) -> None:
    bad = repository.commit("bad")
    side = repository.commit("other")
    repository.git("branch", "side")
    repository.commit("after")
    shallow = tmp_path / "shallow"
    repository.git("clone", "-q", "--depth", "1", "--no-single-branch", f"file://{repository.folder}", str(shallow))
    head = repository.git("rev-parse", "HEAD")
    assert repository.ask(head, bad, folder=shallow) == Contained(known=False)
    assert repository.ask(head, side, folder=shallow) == Contained(known=False)


def test_a_folder_that_is_no_repository_is_not_known(repository: Repository, tmp_path: Path) -> None:
    commit = repository.commit("one")
    assert repository.ask(commit, commit, folder=tmp_path) == Contained(known=False)


def test_a_hostile_text_of_a_page_is_no_option_and_no_command(repository: Repository, tmp_path: Path) -> None:
    bad = repository.commit("bad")
    after = repository.commit("after")
    for text in (f"$(touch {tmp_path}/here)", "--output=/tmp/x <run>", "'; exit 1; '"):
        assert repository.ask(after, bad, text) == Contained(known=True, contains=True)
    assert not (tmp_path / "here").exists()


def test_a_git_dir_of_the_hosts_environment_leads_to_no_other_repository(
    repository: Repository, tmp_path: Path
) -> None:
    bad, after = repository.commit("bad"), repository.commit("after")
    other = Repository(tmp_path / "other")
    shell = LocalShell({}, base={"GIT_DIR": str(other.folder / ".git"), "GIT_WORK_TREE": str(other.folder)})
    found = ask_whether_contained(shell, "here", str(repository.folder), after, bad, "")
    assert found == Contained(known=True, contains=True)

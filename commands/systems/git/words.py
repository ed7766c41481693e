"""What git said about a problem: its first words, and what to do where they name the cause."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.shell import CommandResult
from commands.systems.folders.may_write import REMOUNT

_LONGEST = 160  # characters that are shown
_VALUE = re.compile(r"[a-z_]+=", re.ASCII)  # of our own scripts
# what git and ssh say before they come to the point, and the list of commits
_BESIDE = re.compile(r"(warning|hint|Warning|remote|Cloning|From)\b:?|[0-9a-f]{7,64} ")
_FRAME = re.compile(r"^@+\s*|\s*@+$")  # of ssh's warnings
_NO_FOLDER = re.compile(r"^\S+: line \d+: cd: .*: (?=[A-Z][a-z ]+$)")  # how bash begins; the path is masked in it
_CLONE = "clone it there, or correct the path in the variable that `repository` names"
# for `advice`: there is no working copy in the folder, or no folder
NO_COPY = (
    ("not a git repository", _CLONE),
    (": cd: ", f"{_CLONE} (one without / at its start counts from the user's home)"),
)
UNLOCK = "wait for the git that works there; if none does, one has died in it: remove that lock"
ANOTHER_GIT = (".lock': File exists", UNLOCK)  # for `advice`
_BROKEN_REF = re.compile(r"bad object (refs/[^\s']+)")
# what git may not write; not what ssh says of a key, a program that may not be run, or the settings in somebody's home
_MAY_NOT_WRITE = re.compile(
    r"insufficient permission for adding an object"
    r"|^(?:(?:error|fatal): (?!.*(?:cannot exec|cannot run|\.config/git|\.gitconfig)).*|.*: line \d+: .*\.git/.*)"
    r": Permission denied$",
    re.MULTILINE,
)
_A_FILE = re.compile(r"unable to unlink|unable to create file|cannot create directory")  # outside of .git
_MAY_NOT_ENTER = re.compile(r": cd: .*: Permission denied$", re.MULTILINE)
_READ_ONLY = "Read-only file system"
# what is broken beside the release, and its cure
_CURES = (
    (
        re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED|^Host key verification failed", re.MULTILINE),
        "compare the key of git's server with the one that its owner names, then correct known_hosts there",
    ),
    (
        re.compile(
            r"index file (?:corrupt|smaller than expected)|bad index file|^error: bad signature 0x", re.MULTILINE
        ),
        "the index is damaged: remove .git/index there and run git reset, which leaves the files as they are",
    ),
    (
        re.compile(r"object file \S+ is empty|loose object \S+ .*is corrupt|object corrupt or missing"),
        "objects of the clone are damaged (git fsck names them): clone it anew in its place",
    ),
)
_OWNER = re.compile(r"^owned_by=([\w.+-]+)$", re.MULTILINE)
_OWNED_BY_ANOTHER = re.compile(r"dubious ownership in repository at '([^'\n]*)'")


def first_words(result: CommandResult, otherwise: str = "it printed nothing") -> str:
    """The first line that says what is wrong: later ones are advice, or follow from it."""
    lines = [
        _NO_FOLDER.sub("the folder cannot be entered: ", shown)
        for line in result.tail.splitlines()
        if (shown := _FRAME.sub("", line.strip()))
    ]
    said = [line for line in lines if not _VALUE.match(line)] or [otherwise]
    return next((line for line in said if not _BESIDE.match(line)), said[0])[:_LONGEST]


def advice(result: CommandResult, otherwise: str, causes: Sequence[tuple[str, str]] = ()) -> str:
    """What to do: of `causes` (words of git, what to do) the first whose words are there."""
    if owned := _OWNED_BY_ANOTHER.search(result.tail):
        command = f"git config --global --add safe.directory {owned[1]}"
        return f"make the deploying user its owner, or run as that user: {command}"
    if broken := _BROKEN_REF.search(result.tail):
        remove = f"rm .git/{broken[1]}, or git update-ref -d {broken[1]}"
        return f"that ref of the working copy is broken, and git fetches nothing until it is removed there: {remove}"
    if _READ_ONLY in result.tail:
        return REMOUNT
    if _MAY_NOT_ENTER.search(result.tail):
        return "let the deploying user enter that folder and those above it"
    if closed := _MAY_NOT_WRITE.search(result.tail):
        return _give_back(closed[0], _OWNER.findall(result.tail))
    cures = (todo for words, todo in _CURES if words.search(result.tail))
    return next(cures, next((todo for words, todo in causes if words in result.tail), otherwise))


def _give_back(said: str, owners: Sequence[str]) -> str:
    """What to do where git may not write; `owners` are others who own files in .git, if that could be seen."""
    if _A_FILE.search(said):
        return "make the deploying user the owner of that file and its folder (chown -R)"
    whose = f"files in .git belong to {', '.join(owners)}, as a git with sudo leaves them: " if owners else ""
    return f"{whose}run `chown -R USER .git` there as root, with the deploying user in place of USER"

"""What git said about a problem: its first words, and what to do where they name the cause."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.shell import CommandResult

_LONGEST = 160  # characters that are shown
# values of our own scripts, and what git and ssh say before they come to the point
_BESIDE = re.compile(r"[a-z_]+=|(warning|hint|Warning|remote|Cloning|From)\b:?", re.ASCII)
_NO_FOLDER = re.compile(r"^\S+: line \d+: cd: .*: (?=[A-Z][a-z ]+$)")  # how bash begins; the path is masked in it
_CLONE = "clone it there, or correct the path in the variable that `repository` names"
# for `advice`: there is no working copy in the folder, or no folder
NO_COPY = (
    ("not a git repository", _CLONE),
    (": cd: ", f"{_CLONE} (one without / at its start counts from the user's home)"),
)
_BROKEN_REF = re.compile(r"bad object (refs/[^\s']+)")
_OWNED_BY_ANOTHER = re.compile(r"dubious ownership in repository at '([^'\n]*)'")


def first_words(result: CommandResult, otherwise: str = "it printed nothing") -> str:
    """The first line that says what is wrong: later ones are advice, or follow from it."""
    lines = [
        _NO_FOLDER.sub("the folder cannot be entered: ", line.strip())
        for line in result.tail.splitlines()
        if line.strip()
    ]
    return next((line for line in lines if not _BESIDE.match(line)), (lines or [otherwise])[0])[:_LONGEST]


def advice(result: CommandResult, otherwise: str, causes: Sequence[tuple[str, str]] = ()) -> str:
    """What to do: of `causes` (words of git, what to do) the first whose words are there."""
    if owned := _OWNED_BY_ANOTHER.search(result.tail):
        command = f"git config --global --add safe.directory {owned[1]}"
        return f"make the deploying user its owner, or run as that user: {command}"
    if broken := _BROKEN_REF.search(result.tail):
        remove = f"rm .git/{broken[1]}, or git update-ref -d {broken[1]}"
        return f"that ref of the working copy is broken, and git fetches nothing until it is removed there: {remove}"
    return next((todo for words, todo in causes if words in result.tail), otherwise)

"""Files that a checkout leaves as git stores them, because their filter is not set up there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.preflight import PreflightResult, blocked, warned
from commands.systems.scripts import script
from commands.text.numbers import format_count
from commands.text.phrases import agree, joined_few
from commands.text.printable import printable

STORED = script("git/stored.sh")  # defines the function `stored`
UNFILTERED = script("git/filters.sh")  # defines the function `unfiltered`, which looks at the commit $COMMIT
_STOPS = "stops: "
_LINE = re.compile(r"^(pointer|encrypted): (.*)\n?", re.MULTILINE)
_NAMED = 3  # files in a message
# the mark of `unfiltered`, whose files, and what to do
_FILTERS = (
    ("pointer: ", "Git LFS", "install git-lfs there and run git lfs install as the deploying user, if they are needed"),
    ("encrypted: ", "git-crypt", "install git-crypt and run git-crypt unlock there, if they are needed"),
)


def without_stored(output: str) -> str:
    """What was printed besides the lines of `stored`."""
    return _LINE.sub("", output)


def stored_note(output: str) -> str:
    """Sentences after a space about what `stored` printed; empty if it printed nothing."""
    found = _LINE.findall(output)
    pointers, encrypted = ([file for kind, file in found if kind == one] for one in ("pointer", "encrypted"))
    note = ""
    if pointers:
        count, names = format_count(len(pointers), "file"), _some(pointers)
        note = f" {count} of Git LFS not fetched, so only pointers are there: {names}; git lfs pull fetches them."
    if encrypted:
        count, are = format_count(len(encrypted), "file"), agree(len(encrypted), "is", "are")
        note += f" {count} of git-crypt {are} still encrypted there: {_some(encrypted)}; git-crypt unlock opens them."
    return note


def unfiltered_warnings(lines: Sequence[str]) -> list[PreflightResult]:
    """What `unfiltered` printed among these lines, as results of a check before the start."""
    found = []
    for kind, of, todo in _FILTERS:
        if files := [line.removeprefix(kind) for line in lines if line.startswith(kind)]:
            count = f"{format_count(len(files), 'file')} of {of} in the release"
            if f"{_STOPS}{kind.removesuffix(': ')}" in lines:
                what = f"git would stop at {count} ({_some(files)}): its filter is set up here, and its program missing"
                found += blocked(what, todo)
            else:
                stay = f"{agree(len(files), 'stays', 'stay')} as git stores {agree(len(files), 'it', 'them')}"
                found += warned(f"{count} {stay}, because the filter is not set up here: {_some(files)}", todo)
    return found


def is_unfiltered(line: str) -> bool:
    """Whether `unfiltered` printed it."""
    return line.startswith((_STOPS, *(kind for kind, _, _ in _FILTERS)))


def _some(files: list[str]) -> str:
    return joined_few([printable(file) for file in files], _NAMED, rest="other")

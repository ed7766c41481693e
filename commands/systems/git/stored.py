"""Files that a checkout leaves as git stores them, because their filter is not set up there."""

from __future__ import annotations

import re

from commands.systems.scripts import script
from commands.text.numbers import format_count
from commands.text.phrases import agree, joined_few
from commands.text.printable import printable

STORED = script("git/stored.sh")  # defines the function `stored`
_LINE = re.compile(r"^(pointer|encrypted): (.*)\n?", re.MULTILINE)
_NAMED = 3  # files in a message


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


def _some(files: list[str]) -> str:
    return joined_few([printable(file) for file in files], _NAMED, rest="other")

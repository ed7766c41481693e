"""Migrations that a tool never applies, because one with a higher number is applied already."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.shell import CommandResult
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_count
from commands.text.phrases import agree, joined_few
from state.frozen import dataclass

_LINE = re.compile(r"^gonogo-(passed|below|above)=(?:(\d+) )?(\S+)$", re.MULTILINE)
# how many files are not listed: those with the lowest numbers
_OLDER = re.compile(r"^gonogo-older=(\d+)$", re.MULTILINE)
_SHOWN = 5  # of them in a message
_WHAT = (
    "whether the release brings a migration with a lower number than the newest applied one, which {tool} never applies"
)


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """What the tool goes past, by name; and what could not be looked at, as a clause."""

    names: Sequence[str] = ()
    unseen: tuple[str, ...] = ()


def files_below(result: CommandResult) -> str:
    """The numbers of a folder's migrations up to the newest applied one, of a long history the newest, and before them
    how many are older ("older=12"); empty if there are any above it.

    Then the folder has a release's files already, and nobody knows which of the lower ones came with it.
    """
    found = _LINE.findall(result.tail)
    known = not any(kind == "above" for kind, _, _ in found)
    older = [f"older={number}" for number in _OLDER.findall(result.tail)]
    return " ".join([*older, *(number for kind, number, _ in found if kind == "below")]) if known else ""


def passed_over(result: CommandResult, tool: str, before: str | None) -> PassedOver:
    """What is passed over in the tool's folder now. `before` is what `files_below` has found at the start."""
    what = _WHAT.format(tool=tool)
    if result.code:
        return PassedOver(unseen=(f"{what} (asking ended with {exit_words(result.code)})",))
    found = _LINE.findall(result.tail)
    passed = [name for kind, _, name in found if kind == "passed"]
    below = [(number, name) for kind, number, name in found if kind == "below"]
    if below and not before:
        why = "its files from before the release are not known"
        return PassedOver(names=passed, unseen=(f"{what} ({why})",))
    older, known = _before(before or "")
    # what is above those is of this run: an attempt before this one has applied it
    newest, oldest = max(known, default=0), min(known, default=0) if older else 0
    late = [name for number, name in below if oldest <= int(number) < newest and int(number) not in known]
    ours = [number for number, _ in below if int(number) > newest]
    more = sum(map(int, _OLDER.findall(result.tail))) + len(below) - len(ours) - len(late) - older - len(known)
    is_said = more > 0 and len(ours) < len(below)
    said = f"{what} ({format_count(more, 'file')} came below the {len(known)} newest that were looked at)"
    return PassedOver(names=[*passed, *late], unseen=(said,) if is_said else ())


def _before(files: str) -> tuple[int, set[int]]:
    """What `files_below` has found: how many older ones there were, and the numbers of the others."""
    words = files.split()
    older = sum(int(word.removeprefix("older=")) for word in words if word.startswith("older="))
    return older, {int(word) for word in words if word.isdigit()}


def passed_sentence(names: Sequence[str], tool: str) -> str:
    """That these are not applied, and the cure, as a clause; empty if there are none."""
    if not names:
        return ""
    what, them = joined_few(names, _SHOWN), agree(len(names), "it", "them")
    return (
        f"{tool} never applies {what}, because a migration with a higher number is applied already "
        f"(give {them} a new, higher number)"
    )

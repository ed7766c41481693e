"""Why a checkout would refuse now, as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from commands.text.phrases import agree, joined_few
from commands.text.printable import printable

CLOSED = "closed="  # before each folder that the user may not write to
LOCKED = "locked="  # before each lock of git that is still there
MISSING = "missing="  # before each submodule whose commit cannot be fetched
_NAMED = 3  # files in a message


def why_refused(listed: Sequence[str], name: str) -> tuple[str, ...]:
    """Clauses about the checkout of this name, of lines that name changed files as git does, or have a mark."""
    closed, locked, missing = (
        [line.removeprefix(mark) for line in listed if line.startswith(mark)] for mark in (CLOSED, LOCKED, MISSING)
    )
    others = [line for line in listed if not line.startswith((CLOSED, LOCKED, MISSING))]
    files = [line[3:] if line[2:3] == " " else line for line in others]
    why = []
    if files:
        differ, them = agree(len(files), "differs", "differ"), agree(len(files), "it", "them")
        why.append(
            f"{_some(files)} {differ} from the commit now, so {name} would refuse: put {them} back there, and name "
            f"{them} in its `may_discard`"
        )
    if closed:
        why.append(
            f"the deploying user may not write to {_some(closed)} now, where git must write, so {name} would refuse: "
            "make that user the owner (chown -R)"
        )
    if locked:
        are, them = agree(len(locked), "is", "are"), agree(len(locked), "it", "them")
        why.append(f"{_some(locked)} {are} there, so {name} would refuse: if no git works there, remove {them}")
    if missing:
        why.append(
            f"commits of submodules cannot be fetched now ({_some(missing)}), so {name} would refuse: push them to "
            "the submodule's origin"
        )
    return tuple(why)


def _some(names: Sequence[str]) -> str:
    return joined_few([printable(name) for name in names], _NAMED, rest="other")

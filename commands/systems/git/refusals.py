"""What would make a checkout refuse, as clauses for people, with what to do."""

from __future__ import annotations

from commands.text.phrases import agree, joined_few
from commands.text.printable import printable

LOCKED, CLOSED, MISSING = "gonogo-locked", "gonogo-closed", "gonogo-missing"  # marks of lines, before an "="
_NAMED = 3  # files in a clause


def refusals(output: str) -> tuple[tuple[str, str], ...]:
    """What the lines say: those with a mark, and files as git status names them."""
    found: dict[str, list[str]] = {"": [], LOCKED: [], CLOSED: [], MISSING: []}
    for line in output.splitlines():
        mark, equals, rest = line.partition("=")
        if equals and mark in found and mark:
            found[mark].append(rest)
        else:
            found[""].append(line[3:] if line[2:3] == " " else line)
    return tuple(_refusal(mark, names) for mark, names in found.items() if names)


def _refusal(mark: str, names: list[str]) -> tuple[str, str]:
    shown = joined_few([printable(name) for name in names], _NAMED, rest="other")
    them = agree(len(names), "it", "them")
    if mark == LOCKED:
        return f"{shown} {agree(len(names), 'is', 'are')} there", f"if no git works there, remove {them}"
    if mark == CLOSED:
        what = f"this user may not write to {shown}, where the commit changes files"
        return what, f"make the deploying user {agree(len(names), 'its', 'their')} owner"
    if mark == MISSING:
        what = f"the submodule's commit {shown} cannot be fetched" if len(names) == 1 else f"{shown} cannot be fetched"
        return what, f"push {them} to the submodule's origin"
    differ = agree(len(names), "differs", "differ")
    return f"{shown} {differ} from the commit now", f"put {them} back there, and name {them} in its `may_discard`"

"""The `[drill]` table of a page: which variable takes the place of which one in a drill."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator

from commands.steps.page_fields import Dollar

_ONE = re.compile(r"[A-Z][A-Z0-9_]*\*?")
STAR = "*"
BOX = re.compile(r"BOX_([0-9A-F]{8})_([A-Z0-9_]+)")


def box_table(box: str) -> dict[str, str]:
    """The table of a drill in this box: a variable of the box ends with the name of the one whose place it takes."""
    return {STAR: f"$BOX_{box}_{STAR}"}


def replacement(table: Mapping[str, str], name: str) -> str:
    """The variable that takes the place of `name` in a drill, both with their `$`; "" if none does.

    A name stands before a beginning with `*`, and a longer beginning before a shorter one.
    """
    bare = name.removeprefix("$")
    if exact := table.get(bare):
        return exact
    starts = (key for key in table if key.endswith(STAR) and bare.startswith(key.removesuffix(STAR)))
    longest = max(starts, key=len, default="")
    return table[longest].removesuffix(STAR) + bare.removeprefix(longest.removesuffix(STAR)) if longest else ""


def partners(table: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    """The variables that the table sets against these ones, in either direction: production's, or the drill's."""
    backwards = {instead.removeprefix("$"): f"${name}" for name, instead in table.items()}
    for name in names:
        of_box = BOX.fullmatch(name.removeprefix("$"))
        yield from filter(None, (replacement(table, name), replacement(backwards, name), of_box and f"${of_box[2]}"))


def _table(table: dict[str, str]) -> dict[str, str]:
    for name, instead in table.items():
        if not _ONE.fullmatch(name):
            raise ValueError(f"{name!r} must be the name of a variable without its $, or a beginning and *, as PROD_*")
        if not instead.startswith("$") or not _ONE.fullmatch(instead[1:]):
            raise ValueError(f'{instead!r} must be the variable of the drill, written "$NAME", or "$BEGINNING_*"')
        if name.endswith(STAR) != instead.endswith(STAR):
            raise ValueError(f"{name} and {instead} must both end with * or both without it")
        if name == instead[1:]:
            raise ValueError(f"{instead} takes its own place; a drill needs a variable of its own")
    return table


DrillTable = Annotated[dict[str, str], Dollar.NAMED, AfterValidator(_table)]

"""The page of a drill: the team's own page, with variables of the drill in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import chain

from pydantic import BaseModel

from commands.runbook.build import read_page
from commands.runbook.drill_table import BOX, box_table, replacement
from commands.runbook.markdown import Section, read_sections
from commands.runbook.mistakes import Mistakes
from commands.runbook.page import Page
from commands.steps.page_fields import Dollar, dollar_in, variables_in
from state.errors import BadPage, Refused

Drills = Callable[[Page], AbstractContextManager[Page]]
OF_A_DRILL = " (drill)"  # at the end of a drill's target, so that it never takes the place of a real run
_NAME = re.compile(r"\$[A-Z][A-Z0-9_]*")
_TARGET = re.compile(r"""(\s*target\s*=\s*)(["'])(.*)\2(\s*(?:#.*)?)""")
_LINE = 'Add a line for each, as in: "PROD_*" = "$DRILL_*"'
_HOW = 'Add a table [drill] to its box “toml runbook”, as in: "PROD_*" = "$DRILL_*"'


def drill_page(page: Page, box: str = "") -> Page:
    """The page as a drill of it is run, in this box if one is named. It names no variable of production's at all.

    A run has its own copy of this text, so whatever carries it out, in this process or a later one, cannot even name
    those of its places and steps. Raises Refused if any of them would be left, and BadPage.
    """
    table = box_table(box) if box else page.runbook.drill
    if not table:
        raise Refused(f"{page.name} has no drill: nothing says what takes the place of its own places. {_HOW}.")
    if local := [name for name, host in page.places.hosts.items() if host.is_local]:
        raise Refused(
            f"{page.name} has no drill: the host {', '.join(local)} is the bot's own machine, which may reach "
            "everything. Give it an SSH address."
        )
    instead = replaced(page, table)
    if missing := [name for name, own in instead.items() if not own]:
        raise Refused(f"{page.name} has no drill: its table [drill] lacks {', '.join(missing)}. {_LINE}.")
    if own := sorted(set(instead.values()) & set(page.env_names())):
        raise Refused(
            f"{page.name} has no drill: {', '.join(own)} of its table [drill] is the page's own variable. "
            "Name another one there."
        )
    _require_own_names(page, instead)
    text = _rewritten(page, instead)
    try:
        drill = read_page(text, page.name)
    except BadPage as error:
        raise Refused(f"{page.name} has no drill: with its table [drill], {error}") from None
    _require_only_replaced(page, drill, instead)
    return drill


def on_own_places(page: Page) -> AbstractContextManager[Page]:
    """The page that a drill of a page runs on the places of its `[drill]` table. Raises Refused."""
    return nullcontext(drill_page(page))


def replaced(page: Page, table: Mapping[str, str] | None = None) -> dict[str, str]:
    """Each variable of the page's places and steps, and what takes its place in a drill; "" if nothing does.

    Without a `table` it is the page's own that says so.
    """
    needed = dict.fromkeys(chain(variables_in(page.places), page.step_env_names()))
    return {name: replacement(page.runbook.drill if table is None else table, name) for name in needed}


def box_of(page: Page) -> str:
    """The box in which this page's drill is played; "" for every other page."""
    named = (BOX.fullmatch(name.removeprefix("$")) for name in variables_in(page.places)) if is_drill(page) else ()
    return next((found[1] for found in named if found), "")


def is_drill(page: Page) -> bool:
    """Whether this is the page of a drill."""
    return page.runbook.target.endswith(OF_A_DRILL)


def _rewritten(page: Page, instead: Mapping[str, str]) -> str:
    lines = _NAME.sub(lambda name: instead.get(name[0], name[0]), page.text).splitlines(keepends=True)
    sections = read_sections(page.text, Mistakes())
    number = _line(sections, "runbook", "target")
    lines[number - 1] = _TARGET.sub(rf"\1\2\3{OF_A_DRILL}\2\4", lines[number - 1], count=1)
    if page.decision.starts:
        # what KEEP starts is production
        lines[_line(sections, "decision", "starts") - 1] = "\n"
    return "".join(lines)


def _line(sections: list[Section], kind: str, field: str) -> int:
    """The line of a field of the page's head."""
    return next(section.box.line_of((field,)) for section in sections if section.box and section.box.kind == kind)


def _require_only_replaced(page: Page, drill: Page, instead: Mapping[str, str]) -> None:
    """Raise Refused unless the drill differs from the page in its variables and its target alone."""
    if drill.runbook.target != page.runbook.target + OF_A_DRILL or drill.decision.starts:
        raise Refused(
            f"{page.name} has no drill: “target” of its box “toml runbook” and “starts” of “toml decision” must each "
            "stand on one line, in quotes."
        )
    if left := sorted(set(instead) & set(drill.env_names())):
        raise Refused(f"{page.name} has no drill: {', '.join(left)} would still be used.")


def _require_own_names(page: Page, instead: Mapping[str, str]) -> None:
    """Raise Refused where a command has a variable of its own whose name would be replaced as well."""
    for step in page.steps:
        for name in (name for text in _own_texts(step.box) for name in _NAME.findall(text) if name in instead):
            raise Refused(
                f"{page.name} has no drill: line {step.line}, {step.title}: a command has a variable {name} of its "
                "own, with the name of one of the bot's. Give it another name in “env”."
            )


def _own_texts(box: BaseModel) -> Iterator[str]:
    """The texts of a box in which `$NAME` is not the bot's variable, like commands."""
    return (text for text, dollar in texts_of(box) if dollar is not Dollar.VARIABLE)


def texts_of(box: BaseModel) -> Iterator[tuple[str, Dollar | None]]:
    """Every text of a box, with what a `$NAME` is in it."""
    for name, field in type(box).model_fields.items():
        value = getattr(box, name)
        parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else [value]
        for part in parts:
            if isinstance(part, BaseModel):
                yield from texts_of(part)
            else:
                yield str(part), dollar_in(field)

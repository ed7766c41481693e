"""The file of freezes for all pages, which GONOGO_FREEZES names; read anew at every look."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from bot.calendars.calendars import Calendars
from bot.calendars.entry import CalendarEntry
from bot.calendars.freezes import freezes_of_calendars
from bot.tools.regular_file import read_regular
from commands.runbook.freeze import FreezeField
from commands.runbook.page import Page
from commands.start.freezes import Freeze, spans_on
from state.errors import BadSettings

LARGEST = 1_000_000  # bytes; more is no list of freezes
MOST_CALENDARS = 10  # each is read by a thread of its own


class _OfPages(FreezeField):
    """One of the file, which may be for some pages only."""

    pages: list[str] = Field(default_factory=list)


_Entry = TypeVar("_Entry", _OfPages, CalendarEntry)
_LATER = ConfigDict(defer_build=True)  # a bot that starts again looks at its runs before
_FREEZES = TypeAdapter(list[_OfPages], config=_LATER)
_CALENDARS = TypeAdapter(list[CalendarEntry], config=_LATER)


def freezes_of_file(file: Path, calendars: Calendars, page: Page, now: datetime) -> Iterator[Freeze]:
    """Those that are on for a page. A file that cannot be read is one of which nothing is known, never none."""
    try:
        freezes, entries = read_freezes(file)
    except BadSettings as error:
        yield Freeze(target=page.runbook.target, unknown=str(error))
        return
    yield from spans_on(page, _for_page(freezes, page), now, file.name)
    yield from freezes_of_calendars(page, _for_page(entries, page), file.parent, calendars, now)


def _for_page(entries: list[_Entry], page: Page) -> list[_Entry]:
    names = {page.name, page.name.removesuffix(".md")}
    return [one for one in entries if not one.pages or names.intersection(one.pages)]


def read_freezes(file: Path) -> tuple[list[_OfPages], list[CalendarEntry]]:
    """All freezes and calendars of the file. Raises BadSettings, which names the entry and the field."""
    try:
        text, _ = read_regular(file, LARGEST + 1)
        if len(text) > LARGEST:
            raise BadSettings(f"GONOGO_FREEZES: {file} is larger than {LARGEST // 1_000_000} MB.")
        read = tomllib.loads(text.decode())
    except OSError as error:
        raise BadSettings(f"GONOGO_FREEZES: {file} cannot be read ({error.strerror}).") from None
    except RecursionError:
        raise BadSettings(f"GONOGO_FREEZES: {file} is no TOML: it is nested too deeply.") from None
    except ValueError as error:  # no UTF-8, no TOML, or a number without end
        raise BadSettings(f"GONOGO_FREEZES: {file} is no TOML: {error}.") from None
    if unknown := sorted(read.keys() - {"freeze", "calendar"}):
        raise BadSettings(
            f"GONOGO_FREEZES: {file} has {unknown[0][:40]!r}; write [[freeze]] and [[calendar]] tables only."
        )
    calendars = _validated(_CALENDARS, read.get("calendar", []), f"{file}, calendar")
    if len(calendars) > MOST_CALENDARS:
        raise BadSettings(
            f"GONOGO_FREEZES: {file} names {len(calendars)} calendars; at most {MOST_CALENDARS} are read."
        )
    return _validated(_FREEZES, read.get("freeze", []), f"{file}, freeze"), calendars


def _validated(entries: TypeAdapter[list[_Entry]], read: Any, place: str) -> list[_Entry]:
    try:
        return entries.validate_python(read)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSettings(f"GONOGO_FREEZES: {place} {where}: {first['msg']}.") from None

"""The doctor reads the file of freezes that GONOGO_FREEZES names, and its calendars."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.calendars.entry import CalendarEntry
from bot.calendars.reading import read_calendar
from bot.calendars.span import WINDOW, UnreadableCalendarError
from bot.freezes_file import read_freezes
from bot.settings import Settings
from bot.text import counted
from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.runbook import Page
from commands.start.freezes import freezes_of_page
from commands.start.preflight import PreflightLine, in_parallel
from commands.text.phrases import agree
from state.errors import BadSettings

ABOUT = "freezes"
_ALL_STARTS = "correct it: until then every start needs a reason and a second person"
_ON = "until then a start needs a reason and a second person"
_BUSY = "show those as busy that are meant; Google shows whole days as free by default"
_COPY = (
    "until it can be read, the bot uses its last good copy; without one, every start needs a reason and a second person"
)


def check_freezes(settings: Settings, page: Page, pages: Collection[str], limit: float) -> list[PreflightLine]:
    """What was found in the file and in each calendar, or why it cannot be read; what the page itself says is on.

    `pages` are the names of all that are served. Nothing is kept: the serving bot reads calendars for itself.
    """
    now = datetime.now(UTC)
    zone = ZoneInfo(page.runbook.time_zone)
    lines = [_line(WARN, freeze.sentence(zone), _ON) for freeze in freezes_of_page(page, now)]
    if not (file := settings.freezes):
        return lines
    try:
        freezes, entries = read_freezes(file)
    except BadSettings as error:
        return [*lines, _line(FAIL, str(error), _ALL_STARTS)]
    has = f"{counted(len(freezes), 'freeze')} and {counted(len(entries), 'calendar')}"
    lines.append(_line(OK, f"{file.name} has {has}"))
    named = {name for freeze in freezes for name in freeze.pages} | {name for one in entries for name in one.pages}
    if unknown := sorted(named - {*pages, *(name.removesuffix(".md") for name in pages)}):
        todo = "correct the name if it is meant for one of this bot's pages: it has no effect here now"
        lines.append(_line(WARN, f"{file.name} names pages that are not served here: {', '.join(unknown)[:300]}", todo))
    lanes = {
        f"calendar {number} of {file.name}": partial(_calendar, settings, file.parent, entry, now)
        for number, entry in enumerate(entries, start=1)
    }
    return lines + in_parallel(lanes, limit)


def _calendar(settings: Settings, folder: Path, entry: CalendarEntry, now: datetime) -> list[PreflightLine]:
    try:
        spans = read_calendar(entry.where(folder), settings.environ, now)
    except UnreadableCalendarError as error:
        return [_line(WARN, f"the calendar of {entry.name} cannot be read ({error})", _COPY)]
    meant = [span for span in spans if entry.counts(span.title)]
    busy = sum(not span.free for span in meant)
    with_words = f" with “{entry.only[:60]}” in their title" if entry.only else ""
    has = f"the calendar of {entry.name} has {counted(busy, 'event')}{with_words} in the next {WINDOW.days} days"
    if not (free := len(meant) - busy):
        return [_line(OK, has)]
    # in a calendar of freezes alone, or among those with the words, it is hardly meant so
    level = WARN if entry.only or not busy else OK
    return [_line(level, f"{has}, and {free} more shown as free, which {agree(free, 'is', 'are')} no freeze", _BUSY)]


def _line(level: str, summary: str, todo: str = "") -> PreflightLine:
    return PreflightLine(about=ABOUT, result=PreflightResult(level=level, summary=summary, todo=todo))

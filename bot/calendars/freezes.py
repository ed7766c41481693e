"""The events of calendars as freezes of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.calendars.calendars import Calendars, Known
from bot.calendars.copy_file import Copy
from bot.calendars.entry import CalendarEntry
from bot.calendars.span import Span, in_zone
from commands.runbook.page import Page
from commands.start.freezes import Freeze, freeze_on
from commands.text.durations import format_duration


def freezes_of_calendars(
    page: Page, entries: Sequence[CalendarEntry], folder: Path, calendars: Calendars, now: datetime
) -> Iterator[Freeze]:
    """Those that are on for a page. Of a calendar that cannot be read its last copy counts, which is said.

    Without a copy nothing is known. Raises Refused for roles of which the page has none.
    """
    known = calendars.known([entry.where(folder) for entry in entries], now)
    for entry in entries:
        of_entry = known[entry.where(folder)]
        if of_entry.copy is None:
            yield Freeze(
                target=page.runbook.target,
                unknown=f"the calendar of {entry.name} cannot be read ({of_entry.problem}), and there is no copy "
                "that reaches until today.",
            )
            continue
        if of_entry.problem:
            yield Freeze(target=page.runbook.target, note=_old(entry, of_entry, of_entry.copy, now))
        yield from _on(page, entry, of_entry.copy, now)


def _old(entry: CalendarEntry, known: Known, copy: Copy, now: datetime) -> str:
    age = format_duration(max(now - copy.read_at, timedelta()))
    return f"The calendar of {entry.name} cannot be read ({known.problem}): its copy counts, read {age} ago."


def _cut(entry: CalendarEntry, span: Span) -> str:
    return (
        f"an event of the calendar of {entry.name} is on, “{span.title[:60]}…”, of whose title not all is read, so "
        f"whether it has “{entry.only[:60]}” is not known. Give it a shorter title, without a secret."
    )


def _garbled(entry: CalendarEntry, span: Span) -> str:
    return (
        f"an event of the calendar of {entry.name} is on, “{span.title[:60]}”, whose title is not in UTF-8, so whether "
        f"it has “{entry.only[:60]}” is not known. Let the calendar be in UTF-8, or look for words of ASCII letters."
    )


def _on(page: Page, entry: CalendarEntry, copy: Copy, now: datetime) -> Iterator[Freeze]:
    zone = ZoneInfo(page.runbook.time_zone)
    for span in copy.spans:
        if not span.is_on(now, zone):
            continue
        if entry.counts(span.title):
            owner = f"the calendar of {entry.name}"
            yield freeze_on(page, owner, span.title, in_zone(span.ends, zone, fold=1), entry.may_override)
        elif span.cut:
            yield Freeze(target=page.runbook.target, unknown=_cut(entry, span))
        elif span.garbled and not entry.only.isascii():
            # the letters of ASCII are the same in the encodings that calendars come in
            yield Freeze(target=page.runbook.target, unknown=_garbled(entry, span))

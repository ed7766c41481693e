"""Expands a calendar into the events of some days, as a process of its own with limits."""

from __future__ import annotations

import re
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import TypeAdapter

from bot.calendars.span import Span, UnreadableCalendarError
from bot.calendars.whole_event import LONGEST_TITLE, require_whole, tell_apart, title_of

MOST_EVENTS = 5_000  # in the file
MOST_SPANS = 2_000  # events of the days asked for
MOST_FREE = 200  # of those, besides them, that are shown as free
CPU = 5  # seconds; a hostile rule ends with them
MEMORY = 1 << 30  # bytes
_FOLD = re.compile(rb"\r?\n[ \t]")  # may stand in the middle of a letter, as lines are folded by their bytes
_UNREAD = "\N{REPLACEMENT CHARACTER}"  # for bytes that are no UTF-8; a calendar in UTF-8 may have it, too
SPANS = TypeAdapter(list[Span])


def spans_of(text: bytes, begins: datetime, ends: datetime) -> list[Span]:
    """The events between two moments, also those shown as free. Raises UnreadableCalendarError: nothing is skipped."""
    from icalendar import Calendar

    text = _FOLD.sub(b"", text)
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, LookupError):
        raise UnreadableCalendarError("it is no iCalendar file") from None
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    # the parser drops what has no end, and takes the rest for the whole
    lines = [line.rstrip().upper() for line in text.strip().splitlines()]
    is_whole = lines[-1:] == [b"END:VCALENDAR"] and lines.count(b"BEGIN:VEVENT") == len(events)
    if not is_whole or any(one.name != "VCALENDAR" for one in calendars):
        raise UnreadableCalendarError("it is no whole iCalendar file")
    if len(events) > MOST_EVENTS:
        raise UnreadableCalendarError(f"it has {len(events)} events, and at most {MOST_EVENTS} are read")
    for event in events:
        require_whole(event)
    busy: set[Span] = set()
    free: set[Span] = set()
    for span in _spans(calendars, begins, ends, _is_utf_8(text)):
        (free if span.free else busy).add(span)
        if len(busy) > MOST_SPANS:
            raise UnreadableCalendarError(f"it has more than {MOST_SPANS} events in the days that are read")
    return [*_in_order(busy), *_in_order(free)[:MOST_FREE]]


def _spans(calendars: list[Any], begins: datetime, ends: datetime, is_utf_8: bool) -> Iterator[Span]:
    from recurring_ical_events import of

    for calendar in calendars:
        tell_apart(calendar.walk("VEVENT"))
        for event in of(calendar).between(begins, ends):
            yield from _span(event, is_utf_8)


def _in_order(spans: set[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: (span.begins.isoformat(), span.ends.isoformat(), span.title))


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _span(event: Any, is_utf_8: bool) -> Iterator[Span]:
    """The event, if it may be a freeze: not cancelled, and of some length."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    begins, ends = _moment(event.start), _moment(event.end)
    if begins != ends:
        title = title_of(event)
        yield Span(
            begins=begins,
            ends=ends,
            title=title[:LONGEST_TITLE],
            cut=len(title) > LONGEST_TITLE,
            garbled=not is_utf_8 and _UNREAD in title,
            free=str(event.get("TRANSP", "")).upper() == "TRANSPARENT",
        )


def _moment(value: date) -> datetime:
    """A moment in UTC; one without a zone, and the midnight of a day, stays without."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value.astimezone(UTC) if value.tzinfo else value


def main() -> None:
    """Read a calendar from the standard input; write its events, or why it cannot be read, with exit status 3."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    begins, ends = map(datetime.fromisoformat, sys.argv[1:])
    try:
        sys.stdout.buffer.write(SPANS.dump_json(spans_of(sys.stdin.buffer.read(), begins, ends)))
    except UnreadableCalendarError as error:
        sys.stdout.buffer.write(str(error).encode())
        raise SystemExit(3) from None


if __name__ == "__main__":
    main()

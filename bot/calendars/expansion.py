"""Expands a calendar into the events of some days, as a process of its own with limits."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import TypeAdapter

from bot.calendars.span import Span, UnreadableCalendarError

MOST_EVENTS = 5_000  # in the file
MOST_SPANS = 2_000  # events of the days asked for
LONGEST_TITLE = 200  # characters
CPU = 5  # seconds; a hostile rule ends with them
MEMORY = 1 << 30  # bytes
SPANS = TypeAdapter(list[Span])
_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


def spans_of(text: bytes, begins: datetime, ends: datetime) -> list[Span]:
    """The events between two moments that are a freeze. Raises UnreadableCalendarError: nothing is skipped."""
    from icalendar import Calendar
    from recurring_ical_events import of

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
        _require_whole(event)
    found: set[Span] = set()
    for calendar in calendars:
        for event in of(calendar).between(begins, ends):
            found.update(_span(event))
            if len(found) > MOST_SPANS:
                raise UnreadableCalendarError(f"it has more than {MOST_SPANS} events in the days that are looked at")
    return sorted(found, key=lambda span: (span.begins.isoformat(), span.ends.isoformat(), span.title))


def _require_whole(event: Any) -> None:
    """Raise UnreadableCalendarError for what the library would leave out, and for what would take long."""
    title = _title(event)
    if event.errors:
        raise UnreadableCalendarError(f"{event.errors[0][0]} of the event “{title}” is wrong")
    if "DTSTART" not in event:
        raise UnreadableCalendarError(f"the event “{title}” has no DTSTART")
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        if (value := event.get(name)) is not None:
            if isinstance(value, list):
                raise UnreadableCalendarError(f"the event “{title}” has {name} twice")
            zone = value.params.get("TZID")
            if zone and isinstance(value.dt, datetime) and value.dt.tzinfo is None:
                raise UnreadableCalendarError(f"the event “{title}” is in an unknown time zone, {str(zone)[:40]!r}")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if _OFTEN & set(rule.get("FREQ", ())) or any(part in rule for part in _WITHIN_A_DAY):
            raise UnreadableCalendarError(f"the event “{title}” repeats within a day; only whole days are read")


def _span(event: Any) -> Iterator[Span]:
    """The event, if it is a freeze: not cancelled, not of a time that it leaves free, and of some length."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return
    begins, ends = _moment(event.start), _moment(event.end)
    if begins != ends:
        yield Span(begins=begins, ends=ends, title=_title(event))


def _title(event: Any) -> str:
    title = event.get("SUMMARY", "")
    return " ".join(str(title[0] if isinstance(title, list) else title).split())[:LONGEST_TITLE] or "no title"


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

"""What of an event the calendar's library would leave out, or take long for, and so is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.calendars.span import UnreadableCalendarError

LONGEST_TITLE = 200  # characters
_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


def title_of(event: Any) -> str:
    """The whole title of an event, on one line."""
    title = event.get("SUMMARY", "")
    return " ".join(str(title[0] if isinstance(title, list) else title).split()) or "no title"


def require_whole(event: Any) -> None:
    """Raise UnreadableCalendarError for what would be left out. Until when a rule repeats is made exact."""
    title = title_of(event)[:LONGEST_TITLE]
    if event.errors:
        raise UnreadableCalendarError(f"{event.errors[0][0]} of the event “{title}” is wrong")
    if "DTSTART" not in event:
        raise UnreadableCalendarError(f"the event “{title}” has no DTSTART")
    if problem := next(_problems(event), ""):
        raise UnreadableCalendarError(f"the event “{title}” {problem}")
    for rule in _listed(event, "RRULE"):
        if "UNTIL" in rule:
            rule["UNTIL"] = [_last(until, event["DTSTART"].dt) for until in rule["UNTIL"]]


def tell_apart(events: Iterable[Any]) -> None:
    """Give events of one UID, none of which is a newer version of another, a UID each: the library keeps only one.

    Raises UnreadableCalendarError where an exception of a series could belong to several of them.
    """
    series: dict[str, list[Any]] = {}
    exceptions = set()
    for event in events:
        if uid := str(event.get("UID", "")):
            if "RECURRENCE-ID" in event:
                exceptions.add(uid)
            else:
                series.setdefault(uid, []).append(event)
    for uid, versions in series.items():
        highest = max(map(_version, versions))
        newest = [(event, _content(event)) for event in versions if _version(event) == highest]
        # a feed may have one event twice, which is no other one
        numbers = {content: number for number, content in enumerate(dict.fromkeys(content for _, content in newest))}
        others = [(event, numbers[content]) for event, content in newest if numbers[content]]
        if others and uid in exceptions:
            title = title_of(others[0][0])[:LONGEST_TITLE]
            raise UnreadableCalendarError(
                f"the event “{title}” has the UID of another one, and an exception has it, too"
            )
        for event, number in others:
            event["UID"] = f"{uid} {number}"


def _content(event: Any) -> bytes:
    """What an event says, without when it was written."""
    lines: list[bytes] = event.to_ical().splitlines()
    return b"\n".join(line for line in lines if not line.startswith((b"DTSTAMP", b"CREATED", b"LAST-MODIFIED")))


def _version(event: Any) -> int:
    sequence = event.get("SEQUENCE", 0)
    return int(sequence[-1] if isinstance(sequence, list) else sequence)


def _problems(event: Any) -> Iterator[str]:
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        if isinstance(event.get(name), list):
            yield f"has {name} twice"
        elif name in event and (zone := _unknown_zone(event[name], event[name].dt)):
            yield zone
    for dates in (*_listed(event, "RDATE"), *_listed(event, "EXDATE")):
        yield from filter(None, (_unknown_zone(dates, one.dt) for one in dates.dts))
    if _ends_early(event):
        yield "ends before it begins"
    for rule in _listed(event, "RRULE"):
        if _OFTEN & set(rule.get("FREQ", ())) or any(part in rule for part in _WITHIN_A_DAY):
            yield "repeats within a day; only whole days are read"


def _listed(event: Any, name: str) -> list[Any]:
    """All lines of the event with this name."""
    found = event.get(name, [])
    return found if isinstance(found, list) else [found]


def _unknown_zone(value: Any, moment: object) -> str:
    """That a moment is in a time zone that nobody knows; empty if it is not."""
    zone = value.params.get("TZID")
    unknown = zone and isinstance(moment, datetime) and moment.tzinfo is None
    return f"is in an unknown time zone, {str(zone)[:40]!r}" if unknown else ""


def _ends_early(event: Any) -> bool:
    """Whether it ends before it begins, which the library takes for no event at all."""
    begins, ends, lasts = (event[name].dt if name in event else None for name in ("DTSTART", "DTEND", "DURATION"))
    if lasts is not None:
        return bool(lasts < timedelta())
    if ends is None or isinstance(begins, datetime) != isinstance(ends, datetime):
        return False
    if isinstance(begins, datetime) and (begins.tzinfo is None) != (ends.tzinfo is None):
        return False
    return bool(ends < begins)


def _last(until: date, begins: date) -> date:
    """Until when a rule repeats: a day is meant with its end, also where the event has a time of day."""
    if isinstance(until, datetime) or not isinstance(begins, datetime):
        return until
    end = datetime.combine(until, time(23, 59, 59), begins.tzinfo)
    return end.astimezone(UTC) if end.tzinfo else end

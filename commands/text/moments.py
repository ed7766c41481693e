"""Reads a moment that somebody typed, such as `tomorrow 23:00` or `mon 09:00`, in a time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from state.errors import Refused
from state.frozen import dataclass

FORMS = "23:00, tomorrow 23:00, mon 09:00 or 2026-11-30 23:00"
_YEARS = range(2000, 9999)  # in any zone
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = "mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_MOMENT = re.compile(
    rf"(?:(?P<day>today|tomorrow|{_LONG}|\d{{4}}-\d\d-\d\d)\s+)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)\s?(?P<offset>z|utc|[+-]\d\d:?\d\d)?(?=\s|$)",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment in UTC, and the text that followed it."""

    at: datetime
    rest: str


def read_moment(text: str, zone: ZoneInfo, now: datetime) -> Moment:
    """Read the moment at the beginning of a text. A weekday is the next one, and a time without a day is today's:
    in the zone, or at the offset that is written after it.

    Raises Refused for what is no moment, for one that is past, and for an hour that the zone has twice or not at all.
    """
    found = _MOMENT.match(text.strip())
    if not found:
        raise Refused(f"“{' '.join(text.split())[:60]}” does not begin with a time. Write it like {FORMS}.")
    here = now.astimezone(zone)
    clock = _clock(found)
    there = now.astimezone(_offset_of(found["offset"])) if found["offset"] else here
    at = _at(_day(found["day"] or "today", there, clock), clock, found["offset"], zone)
    if at <= now:
        raise Refused(f"{found[0].strip()} is past: it is {here:%Y-%m-%d %H:%M} in {zone.key}.{_later(found, clock)}")
    return Moment(at=at, rest=text.strip()[found.end() :].strip())


def read_date_and_time(text: str, zone: ZoneInfo) -> datetime:
    """Read a date with a time, such as `2026-11-30 23:00`, also one that is past. Raises Refused."""
    found = _MOMENT.fullmatch(text.strip())
    if not found or not (found["day"] or "")[:1].isdigit():
        raise Refused(f"“{' '.join(text.split())[:60]}” is no date with a time. Write it like 2026-11-30 23:00.")
    clock = _clock(found)
    return _at(_day(found["day"], datetime.now(zone), clock), clock, found["offset"], zone)


def _clock(found: re.Match[str]) -> time:
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour > 23 or minute > 59:
        raise Refused(f"{hour}:{minute:02} is no time of day. Write it like {FORMS}.")
    return time(hour, minute)


def _day(word: str, here: datetime, clock: time) -> date:
    """The day of a word. A weekday that is today, with a time that is past, is the one in a week."""
    word = word.lower()
    if word in {"today", "tomorrow"}:
        return here.date() + timedelta(days=word == "tomorrow")
    if word[:3] in _DAYS:
        ahead = (_DAYS.index(word[:3]) - here.weekday()) % 7
        return here.date() + timedelta(days=ahead or (7 if clock <= here.time() else 0))
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise Refused(f"{word} is no date. Write it like {FORMS}.") from None
    if day.year not in _YEARS:
        raise Refused(f"{word} is too far away. Write a year from {_YEARS[0]} to {_YEARS[-1]}.")
    return day


def _at(day: date, clock: time, offset: str | None, zone: ZoneInfo) -> datetime:
    """A day with a time: of the offset that was written, or else of the zone."""
    if offset:
        return datetime.combine(day, clock, _offset_of(offset)).astimezone(UTC)
    return _in_zone(day, clock, zone)


def _offset_of(offset: str) -> timezone:
    if offset.lower() in {"z", "utc"}:
        return UTC
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 14 or minutes > 59:
        raise Refused(f"{offset} is no offset from UTC. Write it like +02:00.")
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


def _in_zone(day: date, clock: time, zone: ZoneInfo) -> datetime:
    first, second = (datetime.combine(day, clock, zone).replace(fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    written = f"{day} {clock:%H:%M}"
    moments = sorted(one.astimezone(UTC) for one in (first, second))
    choices = [one.astimezone(zone) for one in moments]
    if choices[0].replace(tzinfo=None) == choices[1].replace(tzinfo=None):
        both = " or ".join(f"{one:%Y-%m-%d %H:%M}{_offset(one)}" for one in choices)
        raise Refused(f"{written} comes twice in {zone.key}, because the clocks go back then. Write {both}.")
    both = " or ".join(f"{one:%Y-%m-%d %H:%M}" for one in choices)
    raise Refused(f"{written} does not exist in {zone.key}, because the clocks go forward then. Write {both}.")


def _offset(moment: datetime) -> str:
    text = f"{moment:%z}"
    return f"{text[:3]}:{text[3:]}"


def _later(found: re.Match[str], clock: time) -> str:
    if (found["day"] or "today").lower() != "today":
        return ""
    return f" Write tomorrow {clock:%H:%M}{found['offset'] or ''}."

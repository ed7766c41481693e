"""Which events of a calendar are a freeze, and when; what cannot be read whole is refused."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.calendars.reading import read_calendar
from bot.calendars.span import Span, UnreadableCalendarError
from tests.bot.calendars.calendar_server import calendar
from tests.pages import NOON

BANGKOK = ZoneInfo("Asia/Bangkok")
BEGINS = "DTSTART:20261123T110000Z"
WEEKLY = "DTSTART:20251103T110000Z\nDURATION:PT2H\nRRULE:FREQ=WEEKLY\nSUMMARY:the weekly sale"  # Mondays


def read(tmp_path: Path, text: bytes, now: datetime = NOON) -> list[Span]:
    """The events that are known at a moment."""
    file = tmp_path / "team.ics"
    file.write_bytes(text)
    return read_calendar(file, {}, now)


def on(tmp_path: Path, *events: str, at: datetime = NOON, zone: ZoneInfo = BANGKOK) -> list[str]:
    """The titles of the events that are on at a moment in a page's zone."""
    return [span.title for span in read(tmp_path, calendar(*events)) if span.is_on(at, zone)]


def test_a_weekly_event_is_on_each_week_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    spans = read(tmp_path, calendar(WEEKLY))
    first = datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert [span.begins for span in spans] == [first, first + timedelta(7), first + timedelta(14)]
    assert spans[0].is_on(first, BANGKOK)
    assert not spans[0].is_on(first + timedelta(hours=2), BANGKOK)


def test_an_exception_a_moved_and_a_cancelled_one_of_a_series_count(tmp_path: Path) -> None:
    assert on(tmp_path, WEEKLY + "\nEXDATE:20261123T110000Z") == []
    series = "UID:a\n" + WEEKLY
    moved = "UID:a\nRECURRENCE-ID:20261123T110000Z\nDTSTART:20261124T110000Z\nDURATION:PT2H\nSUMMARY:moved"
    assert on(tmp_path, series, moved) == []
    assert on(tmp_path, series, moved, at=NOON + timedelta(1)) == ["moved"]
    assert on(tmp_path, series, moved.replace("20261124", "20261123") + "\nSTATUS:CANCELLED") == []


@pytest.mark.parametrize(
    ("begins", "until", "there"),
    [
        ("DTSTART;TZID=Asia/Bangkok:20261102T180000", "20261123", True),
        ("DTSTART;TZID=Asia/Bangkok:20261102T180000", "20261122", False),
        ("DTSTART:20261102T180000", "20261123", True),
        ("DTSTART;VALUE=DATE:20261102", "20261123", True),
    ],
)
def test_a_series_until_a_day_has_that_day_too(tmp_path: Path, begins: str, until: str, there: bool) -> None:
    length = "P1D" if "DATE:" in begins else "PT2H"
    series = f"{begins}\nDURATION:{length}\nRRULE:FREQ=WEEKLY;UNTIL={until}\nSUMMARY:the weekly sale"
    assert on(tmp_path, series) == ["the weekly sale"] * there


@pytest.mark.fault("the first of several for all")
def test_events_with_the_same_uid_are_all_read_and_of_an_events_versions_the_newest(tmp_path: Path) -> None:
    first, second = (f"UID:1\n{BEGINS}\nDURATION:PT{hours}H\nSUMMARY:{hours}" for hours in (2, 3))
    assert on(tmp_path, first, second) == ["2", "3"]
    assert on(tmp_path, second, f"{first}\nSEQUENCE:2", f"{second}\nSEQUENCE:1") == ["2"]
    assert on(tmp_path, *[first] * 3) == ["2"]
    series = (f"UID:1\n{WEEKLY}", f"UID:1\n{WEEKLY.replace('weekly', 'other')}")
    assert on(tmp_path, *series) == ["the other sale", "the weekly sale"]


def test_an_event_that_a_feed_has_twice_is_one_event_with_its_exceptions(tmp_path: Path) -> None:
    series = [f"UID:1\n{WEEKLY}\nDTSTAMP:2026110{day}T000000Z" for day in (1, 2)]
    moved = f"UID:1\nRECURRENCE-ID{BEGINS[7:]}\nDTSTART:20261124T110000Z\nDURATION:PT2H\nSUMMARY:moved"
    assert on(tmp_path, *series) == ["the weekly sale"]
    assert on(tmp_path, *series, moved) == []


def test_an_event_of_whole_days_is_on_from_midnight_to_midnight_of_the_pages_zone(tmp_path: Path) -> None:
    day = "DTSTART;VALUE=DATE:20261124\nSUMMARY:audit"
    begins, ends = datetime(2026, 11, 24, tzinfo=BANGKOK), datetime(2026, 11, 25, tzinfo=BANGKOK)
    assert on(tmp_path, day, at=begins) == ["audit"]
    assert on(tmp_path, day, at=begins - timedelta(seconds=1)) == on(tmp_path, day, at=ends) == []
    assert on(tmp_path, day, at=ends, zone=ZoneInfo("Pacific/Pago_Pago")) == ["audit"]


@pytest.mark.parametrize(
    ("start", "on_at_noon"),
    [
        ("DTSTART;TZID=Europe/Berlin:20261123T130000", True),  # 12:00 UTC
        ("DTSTART;TZID=W. Europe Standard Time:20261123T130000", True),
        ("DTSTART;TZID=Europe/Berlin:20261123T120000", False),
        ("DTSTART:20261123T190000", True),  # of no zone: the page's
        ("DTSTART:20261123T120000", False),
    ],
)
def test_the_zone_of_an_event_counts_and_without_one_that_of_the_page(
    tmp_path: Path, start: str, on_at_noon: bool
) -> None:
    assert on(tmp_path, f"{start}\nDURATION:PT1H\nSUMMARY:x") == ["x"] * on_at_noon


@pytest.mark.parametrize(
    "line", ["STATUS:CANCELLED", "STATUS:cancelled", "TRANSP:TRANSPARENT", "DTEND:20261123T110000Z"]
)
def test_a_cancelled_event_one_that_leaves_its_time_free_and_one_of_no_length_are_no_freeze(
    tmp_path: Path, line: str
) -> None:
    begins, ends = "DTSTART:20261123T110000Z\nSUMMARY:x\n", "DTEND:20261123T130000Z"
    assert on(tmp_path, f"{begins}{ends}\nSTATUS:TENTATIVE\nTRANSP:OPAQUE") == ["x"]
    assert on(tmp_path, begins + (line if line.startswith("DTEND") else f"{ends}\n{line}")) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "it is no whole iCalendar file"),
        (b"<html>log in</html>", "it is no iCalendar file"),
        (b"\xff\xfe\x00", "it is no iCalendar file"),
        (calendar(WEEKLY)[:-20], "it is no whole iCalendar file"),
        (calendar(WEEKLY) + calendar(WEEKLY)[:-20], "it is no whole iCalendar file"),
        (calendar(WEEKLY).replace(b"END:VEVENT", b""), "it is no whole iCalendar file"),
        (calendar("SUMMARY:x"), "the event “x” has no DTSTART"),
        (calendar("DTSTART:soon\nSUMMARY:x"), "DTSTART of the event “x” is wrong"),
        (calendar(WEEKLY.replace("WEEKLY", "OFTEN")), "RRULE of the event “the weekly sale” is wrong"),
        (calendar(WEEKLY + "\nEXDATE:never"), "EXDATE of the event “the weekly sale” is wrong"),
        (calendar("DTSTART;TZID=Mars/Base:20261123T110000\nSUMMARY:x"), "unknown time zone, 'Mars/Base'"),
        (calendar(WEEKLY + "\nEXDATE;TZID=Mars/Base:20261123T110000"), "unknown time zone, 'Mars/Base'"),
        (calendar(WEEKLY + "\nRDATE;TZID=Mars/Base:20261123T110000"), "unknown time zone, 'Mars/Base'"),
        (calendar(f"{BEGINS}\nDTEND:20261122T110000Z\nSUMMARY:x"), "the event “x” ends before it begins"),
        (calendar(f"{BEGINS}\nDURATION:-PT5H\nSUMMARY:x"), "the event “x” ends before it begins"),
        (calendar(WEEKLY.replace("WEEKLY", "SECONDLY")), "repeats within a day"),
        (calendar(WEEKLY.replace("WEEKLY", "DAILY;BYMINUTE=1,2,3")), "repeats within a day"),
        (calendar(*["DTSTART:20261123T110000Z"] * 5001), "it has 5001 events, and at most 5000 are read"),
        (
            calendar(
                f"UID:1\n{WEEKLY}",
                f"UID:1\n{WEEKLY.replace('weekly', 'other')}",
                f"UID:1\nRECURRENCE-ID{BEGINS[7:]}\n{BEGINS}",
            ),
            "has the UID of another one",
        ),
        (calendar("SUMMARY:" + "x" * 1_000_000), "it is larger than 1 MB"),
    ],
)
def test_what_cannot_be_read_whole_is_refused_and_is_no_calendar_without_freezes(
    tmp_path: Path, text: bytes, words: str
) -> None:
    with pytest.raises(UnreadableCalendarError) as refused:
        read(tmp_path, text)
    assert words in str(refused.value)


def test_rules_that_would_take_hours_end_with_the_seconds_that_a_reading_may_take(tmp_path: Path) -> None:
    never = "DTSTART:20100101T100000Z\nDURATION:PT2H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    with pytest.raises(UnreadableCalendarError, match="its events cannot be worked out"):
        read(tmp_path, calendar(*[never] * 2000))


def test_a_title_is_one_short_line_without_a_token(tmp_path: Path) -> None:
    (span,) = read(tmp_path, calendar("DTSTART:20261123T110000Z\nDURATION:PT2H\nSUMMARY:a\\n\x1b[31mb" + "c" * 500))
    assert len(span.title) <= 210
    assert span.title.startswith("a \\x1b[31mb")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "team.ics")
    with pytest.raises(UnreadableCalendarError, match="no regular file"):
        read_calendar(tmp_path / "team.ics", {}, NOON)

"""Moments that somebody typed: weekdays, dates, offsets, hours that come twice or never."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from commands.text.moments import read_moment
from state.errors import Refused

BANGKOK, BERLIN = ZoneInfo("Asia/Bangkok"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)  # a Sunday; 16:00 in Bangkok


@pytest.mark.parametrize(
    ("text", "utc", "rest"),
    [
        ("23:00", "2026-11-29 16:00", ""),
        ("9:05 PM", "", ""),
        ("today 16:01 because of it", "2026-11-29 09:01", "because of it"),
        ("tomorrow 23:00 the freeze ends", "2026-11-30 16:00", "the freeze ends"),
        ("mon 09:00", "2026-11-30 02:00", ""),
        ("Sunday 15:00", "2026-12-06 08:00", ""),
        ("sun 17:00", "2026-11-29 10:00", ""),
        ("2026-11-30 23:00", "2026-11-30 16:00", ""),
        ("2026-11-30 23:00+02:00 why", "2026-11-30 21:00", "why"),
        ("2026-11-30 23:00Z", "2026-11-30 23:00", ""),
        ("sun 09:30Z", "2026-11-29 09:30", ""),
        ("mon 01:00+14:00", "2026-11-29 11:00", ""),
        ("23:30 -05:00 why", "2026-11-30 04:30", "why"),
    ],
)
def test_a_moment_is_read_in_the_zone_of_the_page(text: str, utc: str, rest: str) -> None:
    if not utc:
        with pytest.raises(Refused, match="is past"):
            read_moment(text, BANGKOK, NOW)
        return
    moment = read_moment(text, BANGKOK, NOW)
    assert (f"{moment.at:%Y-%m-%d %H:%M}", moment.rest) == (utc, rest)
    assert moment.at.utcoffset() == NOW.utcoffset()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("15:59", "15:59 is past: it is 2026-11-29 16:00 in Asia/Bangkok. Write tomorrow 15:59."),
        ("2026-11-28 23:00", "2026-11-28 23:00 is past: it is 2026-11-29 16:00 in Asia/Bangkok."),
        ("24:00", "24:00 is no time of day. Write it like 23:00, tomorrow 23:00, mon 09:00 or 2026-11-30 23:00."),
        ("2026-13-01 10:00", "2026-13-01 is no date."),
        ("9999-12-31 23:59", "9999-12-31 is too far away. Write a year from 2000 to 9998."),
        ("0001-01-01 00:00", "0001-01-01 is too far away."),
        ("08:59Z", "08:59Z is past: it is 2026-11-29 16:00 in Asia/Bangkok. Write tomorrow 08:59Z."),
        ("23:00+99:00", "+99:00 is no offset from UTC."),
        ("soon", "“soon” does not begin with a time."),
        ("", "“” does not begin with a time."),
        ("٢٣:00", "does not begin with a time."),
        ("23:000", "does not begin with a time."),
    ],
)
def test_what_is_no_moment_to_come_is_refused_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        read_moment(text, BANGKOK, NOW)
    assert told in str(refused.value)


def test_an_hour_that_comes_twice_is_refused_with_both_offsets() -> None:
    now = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    with pytest.raises(Refused, match=r"Write 2026-10-25 02:30\+02:00 or 2026-10-25 02:30\+01:00\.") as refused:
        read_moment("tomorrow 02:30", BERLIN, now)
    assert "comes twice in Europe/Berlin" in str(refused.value)
    first, second = (read_moment(f"2026-10-25 02:30{one}", BERLIN, now).at for one in ("+02:00", "+01:00"))
    assert (second - first).total_seconds() == 3600


def test_an_hour_that_does_not_exist_is_refused_with_the_hours_around_it() -> None:
    now = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    with pytest.raises(Refused, match=r"does not exist .* Write 2026-03-29 01:30 or 2026-03-29 03:30\."):
        read_moment("tomorrow 02:30", BERLIN, now)


def test_a_day_is_that_of_the_offset_which_is_written_after_the_time() -> None:
    night = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)  # in Bangkok it is the next day
    assert read_moment("23:00Z", BANGKOK, night).at == datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
    assert read_moment("sun 23:00Z", BANGKOK, night).at == datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
    assert read_moment("tomorrow 01:00Z", BANGKOK, night).at == datetime(2026, 11, 30, 1, 0, tzinfo=UTC)

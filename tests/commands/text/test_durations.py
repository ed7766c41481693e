"""Durations in words are parsed and formatted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.text.durations import format_duration, format_seconds, parse_duration
from commands.text.page_rules import stored_page


@pytest.mark.parametrize(
    ("text", "seconds"), [("5 s", 5), ("15 min", 900), ("4 h", 14400), ("2 d", 172800), ("1.5 h", 5400)]
)
def test_a_duration_is_parsed_from_words(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["15min", "10:30", "15", "", "-5 s", "5 weeks", "5  s", 15, None])
def test_anything_else_is_refused_with_examples(text: object) -> None:
    with pytest.raises(ValueError, match='is not a duration; write it as "30 s", "15 min", "4 h" or "2 d"'):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0 s", "0.0 h", "0.0000001 s"])
def test_a_duration_of_zero_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is zero; write a duration above zero"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["367 d", "8785 h", "99999999999999 d", "9" * 400 + " s"])
def test_a_duration_that_no_date_of_a_run_could_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='is too long; write at most "366 d"'):
        parse_duration(text)


def test_a_stored_page_may_have_any_duration_that_was_accepted() -> None:
    with stored_page():
        assert parse_duration("400 d") == timedelta(days=400)
        with pytest.raises(ValueError, match="is too long"):
            parse_duration("99999999999999 d")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.25, "0.2 s"),
        (9, "9 s"),
        (59.6, "1 min"),
        (65, "1 min 5 s"),
        (720, "12 min"),
        (3900, "1 h 5 min"),
        (14400, "4 h"),
    ],
)
def test_a_duration_is_formatted_in_at_most_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
    assert format_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.045, "45 ms"), (1.26, "1.3 s"), (12.3, "12 s"), (125, "2 min 5 s")])
def test_seconds_below_one_are_formatted_in_milliseconds(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text

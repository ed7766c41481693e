"""Durations as words, both ways."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.text.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("words", "seconds"), [("5 s", 5), ("15 min", 900), ("4 h", 14400), ("2 d", 172800), ("1.5 h", 5400)]
)
def test_a_duration_is_read_from_words(words: str, seconds: float) -> None:
    assert parse_duration(words) == timedelta(seconds=seconds)


@pytest.mark.parametrize("words", ["15min", "10:30", "15", "", "-5 s", "5 weeks", "5  s", 15, None])
def test_anything_else_is_refused_with_examples(words: object) -> None:
    with pytest.raises(ValueError, match="write it in words"):
        parse_duration(words)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.25, "0.2 s"), (9, "9 s"), (59.6, "1 min"), (65, "1 min 5 s"), (720, "12 min"), (3900, "1 h 5 min"), (14400, "4 h")],
)  # fmt: skip
def test_a_duration_is_said_in_at_most_two_units(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words

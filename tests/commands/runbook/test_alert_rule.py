"""Rows of the alert table that could never do their work are refused, with the sentence for the page's author."""

from __future__ import annotations

import pytest

from state.errors import BadPage
from tests.pages import small

ROW = "above = 5.0\nwarn_above = 1.0\nin_a_row = 2"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("in_a_row = 2", "neither above nor below"),
        ("above = 5.0\nbelow = 9.0", "it would always be raised"),
        ("above = 5.0\nwarn_above = 6.0", "it would never warn first"),
        ("below = 5.0\ntimes_baseline = 2.0", "times_baseline needs above as well"),
        ("above = 5.0\nin_a_row = 5", "the watch looks 4 times only"),
        ('above = 5.0\nlasting = "1 h"', "the watch itself is no longer"),
        ("above = 5.0\ntimes_baseline = 1.0", "times_baseline"),
        ('above = 5.0\ncountdown = "0 s"', "is zero; write a duration above zero"),
    ],
)
def test_a_row_that_can_do_nothing_is_refused(row: str, words: str) -> None:
    with pytest.raises(BadPage, match=words):
        small(**{ROW: row})


def test_a_failure_cannot_be_more_than_one() -> None:
    with pytest.raises(BadPage, match="failed is never above 1"):
        small(**{ROW: "above = 1.0", 'measure = "seconds"': 'measure = "failed"'})


def test_a_row_must_look_at_a_check_of_the_watch() -> None:
    with pytest.raises(BadPage, match="is not a check of the watch"):
        small(**{'check = "response-time"': 'check = "health"'})


def test_two_rows_of_one_name_are_refused() -> None:
    twin = (
        '[[alert]]\nname = "API response > 5 s"\ncheck = "response-time"\nmeasure = "failed"\nabove = 0.5\n\n[[alert]]'
    )
    with pytest.raises(BadPage, match="two alerts have this name"):
        small(**{"[[alert]]": twin})

"""A pattern that could take hours is refused when the page is read."""

from __future__ import annotations

import re
import time

import pytest

from commands.text.page_pattern import check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "DeprecationWarning",
        r"^\[cron\] .* took \d+ ms$",
        r"ECONNRESET.*(retry|again)",
        r"[*+?](a|b)?c{2}",
        r"(?:http|https)://[^ ]+",
        r"\(a+\)\*",
        r"(?i)timeout(?=!)",
        r"(a{2})b",
        r"[]*+)(]x",
    ],
)
def test_a_usual_pattern_is_accepted(pattern: str) -> None:
    assert check_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a+)+$", "repeats a group"),
        ("(a|a)*$", "repeats a group"),
        ("((a*)b)*", "repeats a group"),
        ("(?:a?){50}a{50}", "repeats a group|repeats"),
        ("(?P<x>a+)+", "repeats a group"),
        ("((a|b)c){2,}", "repeats a group"),
        (".*.*.*.*=", "has 4 repeats"),
        (r"(a)\1", "refers back"),
        ("(", "is not a regular expression"),
        ("*", "is not a regular expression"),
    ],
)
def test_a_pattern_that_could_take_hours_or_is_none_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", [r".*.*.*=", r"\w+\s*\w+=", r"a*a*a*b"])
def test_the_worst_pattern_that_is_accepted_ends_on_the_longest_line_that_it_sees(pattern: str) -> None:
    check_pattern(pattern)
    began = time.thread_time()
    assert re.search(pattern, "a" * 300) is None
    assert time.thread_time() - began < 20

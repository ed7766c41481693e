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
        "((a|b)c){2,}",
        r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3} .* (GET|POST|PUT) .*",
        r"(?x) cron \. .*  # a comment",
        r"(?#why)https?://\S+",
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
        ("((aa|b)c){2,}", "repeats a group"),
        (".*.*.*.*=", "has 4 repeats"),
        ("a{0,999}a{0,999}a{0,999}a{0,999}b", "has 4 repeats"),
        ("a?" * 40 + "a" * 40, "has 40 repeats"),
        ("(a|ab|b)" * 20 + "$", "has 20 repeats"),
        ("(?x)(a+) +$", "repeats a group"),
        ("(?x:(a+) +$)", "repeats a group"),
        (r"(?x)(a|a) *$", "repeats a group"),
        ("(a+)(?#:)+$", "repeats a group"),
        ("(?ix) ( a + # one\n ) +", "repeats a group"),
        ("(?=(a+)+$)", "repeats a group"),
        ("(?<!(?:a|a){40})b", "repeats a group|not a regular"),
        ("(?i:(?:x?y?)*)z", "repeats a group"),
        (r"(?P<x>a)(?P=x)", "refers back"),
        (r"(a)?(?(1)b|c)", "refers back"),
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

"""What is too long is cut at one place, and says so."""

from __future__ import annotations

import pytest

from commands.steps.outcome import LONGEST_LINE, LONGEST_OUTPUT, LONGEST_SUMMARY, MOST_LINES, failed
from state.errors import LONGEST_MESSAGE, BadPage, Failed, GonogoError, Refused
from state.facts import shortened as shortened_reason
from state.facts.base import LONGEST_REASON
from state.shortening import shortened

LONG = "x" * 100_000
NOTE = "… (shortened, 100,000 characters)"


def test_a_text_that_fits_stays_as_it_is_and_a_longer_one_ends_with_its_true_length() -> None:
    assert shortened("x" * 50, 50) == "x" * 50
    assert shortened("x" * 51, 50) == "x" * 22 + "… (shortened, 51 characters)"
    assert len(shortened(LONG, 10)) == len(NOTE)


@pytest.mark.parametrize("error", [GonogoError(LONG), Refused(LONG), Failed(LONG, "output")])
def test_a_refusal_of_100_kb_is_cut_whoever_raised_it(error: GonogoError) -> None:
    assert len(str(error)) == LONGEST_MESSAGE
    assert str(error).endswith(NOTE)


def test_a_bad_page_keeps_its_line_and_its_place_in_front() -> None:
    error = BadPage(7, "Deploy", LONG)
    assert str(error).startswith("line 7, Deploy: xxx")
    assert len(str(error)) == LONGEST_MESSAGE


def test_a_reason_of_100_kb_is_cut_with_a_note() -> None:
    assert len(shortened_reason(f" {LONG} ")) == LONGEST_REASON
    assert shortened_reason(f" {LONG} ").endswith(NOTE)


def test_an_outcome_is_cut_in_each_of_its_texts() -> None:
    outcome = failed(LONG, lines=(LONG,) * 1000, output=LONG * 20)
    assert len(outcome.summary) == LONGEST_SUMMARY
    assert outcome.summary.endswith(NOTE)
    assert len(outcome.lines) == MOST_LINES
    assert {len(line) for line in outcome.lines} == {LONGEST_LINE}
    assert len(outcome.output) == LONGEST_OUTPUT

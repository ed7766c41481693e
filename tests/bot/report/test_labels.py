"""The labels of the report: each state and each action has one, and any text fits into a line."""

from __future__ import annotations

import pytest

from bot.report.labels import ACTIONS, MARKS, STATES, state_in_words, tidy
from commands.report.people import ActionKind
from state.records import AttemptState, RunState


def test_every_state_has_its_mark_and_every_action_its_words() -> None:
    assert set(MARKS) == {*AttemptState, *RunState}
    assert set(STATES) == set(RunState)
    assert set(ACTIONS) == set(ActionKind)


def test_a_state_is_shown_with_its_mark() -> None:
    assert state_in_words(AttemptState.FAILED) == "❌ failed"
    assert state_in_words(RunState.ROLLED_BACK) == "↩️ rolled back"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines\t and  spaces ", "two lines and spaces"),
        ("\x1b[31mred\x1b[0m\x07", "red"),
        ("half \ud83d an emoji", "half ? an emoji"),
        ("สำรอง 🚀", "สำรอง 🚀"),
    ],
)
def test_any_text_becomes_one_clean_line(text: str, line: str) -> None:
    assert tidy(text) == line


def test_a_long_text_is_cut() -> None:
    assert tidy("a" * 600) == "a" * 499 + "…"
    assert tidy("abcdef", 4) == "abc…"

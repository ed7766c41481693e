"""The turning points of a run, and the messages that say so: the bot's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.preview.moments import Moment, _beyond, moments
from bot.settings import read_page_file, shipped_runbooks
from commands.report.status import Phase
from commands.runbook import Page
from commands.runbook.alert_rule import AlertRule
from tests.bot.slack.views.drawn import shown
from tests.pages import small

SHIPPED = sorted(shipped_runbooks().glob("*.md"))
RECIPES = sorted((shipped_runbooks().parent / "recipes").glob("*.md"))
TITLES = [
    "The run starts",
    "A sign-off: ✅ พร้อมไหม (ready?)",
    "A step is done: Put the code there",
    "A step fails: Put the code there",
    "A status post during the watch",
    "An alert counts down: API response > 5 s",
    "The decision",
    "Somebody rolls back",
    "The rollback is done",
]


def told(page: Page, title: str) -> str:
    """What the messages of a turning point show."""
    moment = next(moment for moment in moments(page) if moment.title.startswith(title))
    return texts(moment)


def texts(moment: Moment) -> str:
    """What all messages of a turning point show."""
    return "\n".join(shown(one.message) for one in moment.shown)


def test_a_run_is_told_from_its_start_to_its_rollback() -> None:
    assert [moment.title for moment in moments(small())] == TITLES


def test_what_a_page_cannot_have_is_left_out() -> None:
    page = small(**{"in_a_row = 2\n": 'in_a_row = 2\naction = "tell"\n'})
    assert not [moment.title for moment in moments(page) if "alert" in moment.title]


@pytest.mark.parametrize(
    ("title", "phase"),
    [
        ("The run starts", Phase.DEPLOYING),
        ("A sign-off", Phase.NEEDS_SIGNATURE),
        ("A step fails", Phase.NEEDS_ANSWER),
        ("A status post", Phase.WATCHING),
        ("An alert", Phase.ALERT),
        ("The decision", Phase.NEEDS_DECISION),
        ("Somebody", Phase.ROLLING_BACK),
        ("The rollback", Phase.ROLLED_BACK),
    ],
)
def test_the_card_says_what_happens(title: str, phase: Phase) -> None:
    assert f"shop: {phase}" in told(small(), title)


def test_a_step_that_rolls_back_asks_nobody() -> None:
    page = small(**{'takes = "10 min"\n': 'takes = "10 min"\non_failure = "roll back"\n'})
    failing = told(page, "A step fails")
    assert "Rollback requested by* the bot" in failing
    assert "Run again" not in failing


def test_an_alert_says_a_value_over_its_limit_and_its_other_samples_are_well() -> None:
    page = small()
    assert "7.5 s (limit: above 5 s, 2 times in a row)" in told(page, "An alert")
    assert "✅" in told(page, "A status post")
    assert "⚠️" not in told(page, "A status post")


@pytest.mark.parametrize(
    ("measure", "limit", "value"),
    [
        ("seconds", {"above": 5.0}, 7.5),
        ("cpu", {"above": 90.0}, 95.0),
        ("failed_share", {"above": 0.8}, 0.9),
        ("failed", {"above": 0.0}, 1.0),
        ("requests", {"below": 10.0}, 5.0),
    ],
)
def test_the_value_of_an_alert_is_one_that_it_can_have(measure: str, limit: dict[str, float], value: float) -> None:
    rule = AlertRule(name="x", check="y", measure=measure, **limit)  # type: ignore[arg-type]
    assert rule.level_of(value) == "alert"
    assert _beyond(rule) == pytest.approx(value)


def test_what_a_rollback_loses_is_in_the_words_of_the_page() -> None:
    page = read_page_file(shipped_runbooks() / "option-a.md")
    assert "Rolling back now loses *3 approval flows" in told(page, "A status post")
    assert "Lost by the rollback: *3 approval flows" in told(page, "The rollback is done")


def test_nothing_is_said_to_be_compared_or_not_compared() -> None:
    done = told(small(), "The rollback is done")
    assert "*Compared*: what the rollback's steps compare stands here" in done
    assert "Not compared" not in done


@pytest.mark.parametrize("path", [*SHIPPED, *RECIPES], ids=lambda path: path.stem)
def test_every_page_that_comes_with_gonogo_has_its_messages(path: Path) -> None:
    found = list(moments(read_page_file(path)))
    assert len(found) >= 7
    for moment in found:
        assert "NOT restored" not in texts(moment), "the rollback that is played restores everything"

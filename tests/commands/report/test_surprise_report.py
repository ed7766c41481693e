"""The surprise in a drill's report: when it began, and who or what noticed it first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.report.drills import surprise_lines
from commands.progress.step_state import WATCH
from commands.progress.surprises import STORIES, Story
from commands.report.run_data import RunData
from commands.report.surprise_report import SurpriseReport, surprise_report
from state.events import AlertRaised, EventData, RollbackBudget, WarningRaised
from state.facts import BOT, Fact, Hold, RollbackRequest, Surprise
from state.records import Attempt, AttemptState, Event
from tests.commands.run.surprise_case import BACK, DEPLOY, DRILL, WHO
from tests.pages import NOON, record

SLOW = "API response > 5 s"
SEALED = Surprise(by=WHO, at=NOON, sealed="x")


def at(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def attempt(step: str, minutes: float, state: AttemptState = AttemptState.DONE) -> Attempt:
    began = NOON + at(minutes)
    return Attempt(step=step, attempt=1, state=state, began_at=began, ended_at=began)


def told(
    story: Story | None, *attempts: Attempt, facts: tuple[Fact, ...] = (), events: dict[float, EventData] | None = None
) -> str:
    """The report's lines about it, of a drill that ended after two hours."""
    held = record(*attempts, facts=(SEALED, *facts), drill="places", ended_at=NOON + at(120))
    stored = [Event(id=1, run=1, at=NOON + at(m), step="", data=data) for m, data in (events or {}).items()]
    report = surprise_report(RunData(DRILL, held), stored, story)
    return "\n".join(surprise_lines(report, lambda person: person)) if report else ""


def test_the_first_alert_or_warning_after_a_slow_api_began_noticed_it() -> None:
    watch = attempt(WATCH, 10)
    slow, other = WarningRaised(name=SLOW), WarningRaised(name="CPU")
    events: dict[float, EventData] = {15: slow, 40: other, 45: slow, 50: AlertRaised(name=SLOW)}
    text = told(STORIES["slow-api"], watch, attempt("health", 41, AttemptState.FAILED), events=events)
    assert "It began at T+30 min." in text
    assert "Only U1, who started the drill, was told before its end which one it is." in text
    assert f"First noticed 15 min later, by the bot: the warning “{SLOW}”." in text


def test_a_hold_before_any_alert_noticed_it_with_its_person() -> None:
    hold = Hold(by=WHO, at=NOON + at(31), number=1)
    text = told(STORIES["slow-api"], attempt(WATCH, 10), facts=(hold,), events={45: WarningRaised(name=SLOW)})
    assert "First noticed 1 min later, by U1: a hold." in text


def test_a_late_rollback_is_noticed_by_its_budget_and_not_by_the_request_before_it() -> None:
    asked = RollbackRequest(by=BOT, at=NOON + at(20))
    text = told(STORIES["late-rollback"], attempt(BACK, 21), facts=(asked,), events={28: RollbackBudget(mark=50)})
    assert "First noticed 7 min later, by the bot: the warning at 50 % of the rollback's time budget." in text


def test_no_check_notices_that_slack_is_away() -> None:
    failed = attempt("health", 20, AttemptState.FAILED)
    text = told(STORIES["no-slack"], attempt(DEPLOY, 10), failed)
    assert "Nothing in this drill shows that it was noticed." in text


@pytest.mark.parametrize("name", STORIES)
def test_a_drill_that_ended_before_its_surprise_says_so(name: str) -> None:
    assert "The drill did not come to it." in told(STORIES[name])


def test_a_rollback_before_the_api_is_slow_means_that_it_did_not_come_to_it() -> None:
    asked = RollbackRequest(by=WHO, at=NOON + at(29))
    assert "The drill did not come to it." in told(STORIES["slow-api"], attempt(WATCH, 10), facts=(asked,))


def test_without_the_key_the_report_says_only_that_there_was_one() -> None:
    assert told(None) == "This drill had a surprise. Without the record's key its name cannot be read."


def test_before_the_end_and_without_a_surprise_there_is_nothing_to_report() -> None:
    story = STORIES["slow-api"]
    active = record(facts=(SEALED,), drill="places")
    without = record(drill="places", ended_at=NOON)
    real = record(facts=(SEALED,), ended_at=NOON)
    for held in (active, without, real):
        assert surprise_report(RunData(DRILL, held), [], story) is None
    assert SurpriseReport().name == ""

"""Messages that call people: what was measured, what happens next, whom they call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.views.alerts import alert, blind, budget, failed_check, held, recovered, reminder
from bot.slack.views.blocks import Message
from bot.slack.views.snapshot import Snapshot
from commands.progress.step_state import AFTER_ROLLBACK
from commands.watch.verdicts import Verdict
from state.events import (
    AlertHeld,
    AlertRaised,
    CheckBlind,
    CheckFailed,
    Recovered,
    Reminder,
    RollbackBudget,
    WarningRaised,
)
from state.records import RunState
from tests.bot.slack.run_writer import DBA, LEAD, STARTER
from tests.bot.slack.slack_box import buttons
from tests.bot.slack.views.drawn import event_of, event_with, shown, snapshot_with
from tests.pages import row, said

NAME = "API response > 5 s"
RAISED = AlertRaised(name=NAME, title="Response time", seen="7 s (limit: above 5 s)", roles=("dba",), number=1)
COUNTS = said("countdown", NAME, 1)
CONTACT = f"*Database Admin* <@{DBA}>  ☎️ +66 2 555 0101"


def alert_on(snapshot: Snapshot, data: WarningRaised = RAISED) -> Message:
    """The message of an alert, with the run as it is in the snapshot."""
    return alert(snapshot, event_with(data), data)


def test_a_countdown_shows_what_was_measured_when_it_rolls_back_and_both_buttons() -> None:
    drawn = alert_on(snapshot_with(facts=(COUNTS,)))
    assert drawn.blocks[0]["text"]["text"] == "🚨 API response › 5 s"
    lines = shown(drawn).splitlines()
    assert lines[1:3] == ["*7 s (limit: above 5 s)*", "Response time"]
    assert lines[3].startswith("⏳ *Rolls back at <!date^")
    assert lines[3].endswith("* (1 min after the alert), unless somebody presses “Hold: false alarm…”")
    assert buttons(drawn) == ["rollback", "false_alarm"]
    assert event_of(drawn, "false_alarm") == 7, "the button is about this message's event"
    assert lines[-1] == CONTACT
    assert drawn.broadcast


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ((COUNTS, said("false alarm", NAME, 1, said="1 h", person=LEAD, reason="a load test")), "a load test"),
        ((COUNTS, said("recovered", NAME, 1, reason="within its limits again")), "The countdown was cancelled"),
        ((COUNTS, said("rollback", person=STARTER)), f"⏪ Rollback requested by <@{STARTER}> at "),
        ((COUNTS, said("countdown", NAME, 2, after=9)), "The alert was raised again later; see below."),
    ],
    ids=["held", "cancelled", "rolled back", "raised again"],
)
def test_a_countdown_that_is_over_says_how_it_ended_and_has_no_hold(facts: tuple[object, ...], words: str) -> None:
    drawn = alert_on(snapshot_with(facts=facts))  # type: ignore[arg-type]
    assert words in shown(drawn)
    assert "false_alarm" not in buttons(drawn)


def test_a_held_alert_says_by_whom_and_until_when() -> None:
    facts = (COUNTS, said("false alarm", NAME, 1, said="1 h", person=LEAD, reason="a load test"))
    text = shown(alert_on(snapshot_with(facts=facts)))
    assert f"🔕 *Held as a false alarm* by <@{LEAD}> until <!date^" in text
    assert "> a load test" in text


def test_a_countdown_that_an_older_version_cancelled_has_a_reason_all_the_same() -> None:
    text = shown(alert_on(snapshot_with(facts=(COUNTS, said("recovered", NAME, 1, reason="")))))
    assert "✅ Within its limits again before the countdown was at zero. The countdown was cancelled" in text


def test_a_warning_is_not_broadcast_and_leaves_the_decision_to_people() -> None:
    warning = WarningRaised(name=NAME, title="Response time", seen="2 s", roles=("dba",))
    drawn = alert_on(snapshot_with(), warning)
    assert drawn.blocks[0]["text"]["text"].startswith("⚠️")
    assert "Check it, and roll back if it is real." in shown(drawn)
    assert buttons(drawn) == ["rollback"]
    assert not drawn.broadcast


def test_what_was_outside_its_limit_before_the_deploy_rolls_nothing_back() -> None:
    text = shown(alert_on(snapshot_with(), replace(RAISED, number=0, was_bad=True)))
    assert "It was outside its limit before the deploy too, so the bot does not roll back. A person decides." in text
    over = snapshot_with(row(AFTER_ROLLBACK, "done"), facts=(said("rollback", after=-5),))
    later = shown(alert_on(over, replace(RAISED, number=0, was_bad=True)))
    assert "before the deploy too. The rollback is over" in later
    assert "A person decides" not in later


@pytest.mark.parametrize("after", [0, 5])
def test_a_warning_from_before_the_rollback_asks_nobody_to_check_what_runs_now(after: int) -> None:
    warning = WarningRaised(name=NAME, title="Response time", seen="2 s", roles=("dba",))
    over = (row(AFTER_ROLLBACK, "done", after=9),)
    drawn = alert_on(snapshot_with(*over, facts=(said("rollback", person=STARTER, after=after),)), warning)
    assert f"⏪ Rollback requested by <@{STARTER}> at " in shown(drawn)
    assert "now" not in shown(drawn)
    assert "please check" not in drawn.text
    later = alert_on(snapshot_with(*over, facts=(said("rollback", person=STARTER, after=-5),)), warning)
    assert "Please check shop now." in shown(later), "it is of the version that is back"
    assert "please check" in later.text


def test_a_check_that_failed_before_the_rollback_says_that_it_was_requested() -> None:
    data = CheckFailed(title="Log", summary="3 errors", roles=("dba",))
    drawn = failed_check(snapshot_with(facts=(said("rollback", person=STARTER, after=5),)), event_with(data), data)
    assert shown(drawn).splitlines()[2].startswith(f"⏪ Rollback requested by <@{STARTER}> at ")


def test_an_alert_of_a_run_that_is_over_has_no_buttons() -> None:
    drawn = alert_on(snapshot_with(facts=(COUNTS,), state=RunState.KEPT))
    assert buttons(drawn) == []
    assert "Rolls back" not in shown(drawn)


def test_a_hold_says_for_how_long_and_what_happens_then() -> None:
    data = AlertHeld(title=NAME, person=LEAD, lasts="1 h", reason="a load test")
    assert shown(held(snapshot_with(), event_with(data), data)).splitlines() == [
        f"🔕 *API response &gt; 5 s* is held as a false alarm for 1 h by <@{LEAD}>",
        "> a load test",
        "Then it counts again, from the next measurement, unless somebody has decided KEEP.",
    ]


def test_a_recovery_is_one_line() -> None:
    data = Recovered(title="Response time", summary="within its limits again")
    assert shown(recovered(snapshot_with(), event_with(data), data)) == "✅ *Response time* is within its limits again."


@pytest.mark.parametrize(
    ("verdict", "result"), [(Verdict.UNREACHABLE, "was unreachable"), (Verdict.NO_DATA, "gave no data")]
)
def test_missing_data_calls_people_and_never_counts_as_healthy(verdict: str, result: str) -> None:
    data = CheckBlind(title="Response time", verdict=verdict, summary="timeout", times=2, roles=("dba",))
    assert shown(blind(snapshot_with(), event_with(data), data)).splitlines() == [
        f"🔌 *Response time* {result} 2 times in a row",
        "> timeout",
        "Missing data never counts as healthy. Please check it yourself:",
        CONTACT,
    ]


def test_a_failed_check_that_no_alert_judges_calls_people_and_offers_the_rollback() -> None:
    data = CheckFailed(title="Log", summary="3 errors", roles=("dba",))
    drawn = failed_check(snapshot_with(), event_with(data), data)
    lines = shown(drawn).splitlines()
    assert lines[:2] == ["❌ *Log* failed", "> 3 errors"]
    assert "The bot does not roll back for this check." in lines[2]
    assert lines[-1] == CONTACT
    assert buttons(drawn) == ["rollback"]
    assert drawn.broadcast


def test_a_reminder_becomes_loud_with_phone_numbers_in_the_channel() -> None:
    data = Reminder(title="Ready?", roles=("dba",), silent="30 min")
    quiet, loud = (reminder(snapshot_with(), event_with(d), d) for d in (data, replace(data, loud=True)))
    assert shown(quiet).splitlines()[:2] == [
        "⏰ No answer for 30 min: *Ready?*",
        f"Waiting for *Database Admin* <@{DBA}>",
    ]
    assert "☎️ +66 2 555 0101" not in shown(quiet)
    assert f"Waiting for {CONTACT}" in shown(loud)
    assert (quiet.broadcast, loud.broadcast) == (False, True)


@pytest.mark.parametrize(
    ("mark", "head", "in_channel"),
    [
        (50, "⏱️ *50 % of the 15 min time budget is used*", False),
        (80, "⏱️ *80 % of the 15 min time budget is used*", True),
        (100, "🚨 *The 15 min time budget is used up*", True),
    ],
)
def test_a_spent_time_budget_says_what_runs_and_what_is_still_to_do(mark: int, head: str, in_channel: bool) -> None:
    data = RollbackBudget(
        mark=mark, within="15 min", ran="8 min", doing=("Build: for 2 min",), left=("Build", "Tell"), roles=("dba",)
    )
    drawn = budget(snapshot_with(), event_with(data), data)
    assert shown(drawn).splitlines() == [
        f"{head}. The rollback has been running for 8 min",
        "⏳ Build: for 2 min",
        "Still to do: Build, Tell",
        CONTACT,
    ]
    assert drawn.broadcast is in_channel

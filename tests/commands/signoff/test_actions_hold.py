"""Holding and resuming a run, and holding an alert as a false alarm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.progress.hold import hold_of
from state.errors import NotAllowed, TooLate
from state.events import AlertHeld, RunHeld, RunResumed
from state.facts import AlertHold, Choice, Hold, Resume
from state.records import RunState
from tests.commands.signoff.night import AT_TERMINAL, DBA, GUEST, LATER, LEAD, Night
from tests.commands.signoff.samples import ALERT
from tests.pages import NOON


def test_everybody_may_hold_and_only_the_deciding_role_resumes(night: Night) -> None:
    assert night.actions.hold(GUEST, " lunch ", NOON)
    assert not night.actions.hold(LEAD, "lunch", NOON), "it is on hold already"
    night.changes_nothing(lambda: night.actions.resume(DBA, "", NOON), NotAllowed, r"Only the Tech Lead may resume\.")
    assert night.actions.resume(LEAD, " done ", LATER)
    assert not night.actions.resume(LEAD, "", NOON), "it is not on hold"
    assert night.record.facts == (
        Hold(by=GUEST, at=NOON, number=0, reason="lunch"),
        Resume(by=LEAD, at=LATER, number=0, reason="done"),
    )
    assert night.events == [
        RunHeld(person="UGUEST", reason="lunch"),
        RunResumed(person="ULEAD", door=AT_TERMINAL, reason="done"),
    ]


def test_a_run_can_be_held_and_resumed_again_and_again(night: Night) -> None:
    for _ in range(3):
        assert night.actions.hold(GUEST, "", NOON)
        assert hold_of(night.record)
        assert night.actions.resume(LEAD, "", NOON)
        assert not hold_of(night.record)
    keys = ["hold:0", "resume:0", "hold:1", "resume:1", "hold:2", "resume:2"]
    assert [fact.key for fact in night.record.facts] == keys


def test_two_holds_at_the_same_moment_are_one(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    before, read = night.record, night.store.record
    assert night.actions.hold(GUEST, "", NOON)
    held = night.record
    answers = iter([before])
    monkeypatch.setattr(night.store, "record", lambda run: next(answers, None) or read(run))
    assert not night.actions.hold(LEAD, "", NOON)
    assert night.actions.resume(LEAD, "", NOON)
    answers = iter([held])
    assert not night.actions.resume(LEAD, "", NOON)
    assert [fact.kind for fact in night.record.facts] == ["hold", "resume"]


def test_a_rollback_cannot_be_put_on_hold(night: Night) -> None:
    night.store.move_run(night.run.id, RunState.ROLLING_BACK, NOON)
    night.changes_nothing(
        lambda: night.actions.hold(GUEST, "wait", NOON),
        TooLate,
        r"A rollback is running, and a rollback cannot be put on hold\.",
    )


@pytest.mark.parametrize("action", ["sign", "answer", "agree", "false_alarm", "hold", "resume", "keep"])
def test_nothing_can_be_done_to_a_run_that_is_over(night: Night, action: str) -> None:
    night.store.move_run(night.run.id, RunState.ABORTED, NOON)
    act = {
        "sign": lambda: night.actions.sign("ready", 1, DBA, NOON),
        "answer": lambda: night.actions.answer("ready", 1, LEAD, Choice.RETRY, "", NOON),
        "agree": lambda: night.actions.agree("ready", 1, LEAD, NOON),
        "false_alarm": lambda: night.actions.false_alarm(ALERT, 1, LEAD, "x", "", NOON),
        "hold": lambda: night.actions.hold(GUEST, "", NOON),
        "resume": lambda: night.actions.resume(LEAD, "", NOON),
        "keep": lambda: night.actions.keep(LEAD, "", NOON),
    }[action]
    night.changes_nothing(act, TooLate, r"Run 1 is over \(aborted\)\.")


def test_the_roles_that_an_alert_calls_hold_its_countdown(night: Night) -> None:
    night.watch()
    night.count_down(2)
    hold = night.actions.false_alarm
    night.changes_nothing(
        lambda: hold(ALERT, 2, DBA, "a load test", "", NOON), NotAllowed, f"Only the Tech Lead may hold “{ALERT}”"
    )
    night.changes_nothing(lambda: hold(ALERT, 1, LEAD, "a load test", "", NOON), TooLate, f"“{ALERT}” is not waiting")
    assert hold(ALERT, 2, LEAD, "a load test", "1 h", LATER)
    (fact,) = night.record.facts[1:]
    assert fact == AlertHold(by=LEAD, at=LATER, alert=ALERT, number=2, lasts=timedelta(hours=1), reason="a load test")
    assert night.events == [AlertHeld(title=ALERT, person="ULEAD", door=AT_TERMINAL, reason="a load test", lasts="1 h")]


def test_without_a_countdown_there_is_nothing_to_hold(night: Night) -> None:
    night.watch()
    night.changes_nothing(
        lambda: night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "", NOON),
        TooLate,
        f"“{ALERT}” is not waiting for this now",
    )


def test_once_a_rollback_is_requested_an_alert_cannot_be_held(night: Night) -> None:
    night.watch()
    night.count_down()
    night.roll_back()
    night.changes_nothing(
        lambda: night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "", NOON),
        TooLate,
        f"Too late: the rollback was requested at 12:00:00 UTC, so “{ALERT}” can no longer be held",
    )


def test_of_two_holds_of_one_countdown_at_the_same_moment_the_second_changes_nothing(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.watch()
    night.count_down()
    before = night.record
    assert night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "", NOON)
    monkeypatch.setattr(night.store, "record", lambda _: before)
    assert not night.actions.false_alarm(ALERT, 1, LEAD, "again", "", NOON)

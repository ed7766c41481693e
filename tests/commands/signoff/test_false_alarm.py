"""Holding an alert as a false alarm: how long, with a reason, never during a rollback."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from commands.rollback.request import rollback
from commands.signoff.false_alarm import DEFAULT_HOLD, HOLD_LENGTHS, hold_alert, require_no_rollback
from commands.signoff.waiting import Waiting
from state.errors import Refused, TooLate
from state.events import AlertHeld, Ask
from state.facts import Actor, AlertHold, Door
from state.records import Run
from state.sqlite.store import Store
from tests.pages import NOON, record, said
from tests.stored import stored_run

LEAD = Actor(person="ULEAD", door=Door.TERMINAL)
WAITING = Waiting(ask=Ask.COUNTDOWN, step="slow", attempt=3, title="Slow!", roles=("lead",))
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "gonogo.db")


@pytest.fixture
def run(store: Store) -> Run:
    return stored_run(store)


def hold(store: Store, run: Run, reason: str = "a load test", lasts: str = "1 h") -> bool:
    return hold_alert(store, run.id, WAITING, LEAD, reason, lasts, LATER)


def test_a_hold_is_stored_with_its_length_and_reason_and_posted(store: Store, run: Run) -> None:
    assert hold(store, run, reason="  a load test ")
    assert store.record(run.id).facts == (
        AlertHold(by=LEAD, at=LATER, alert="slow", number=3, lasts=timedelta(hours=1), reason="a load test"),
    )
    held = store.events(run.id)[-1]
    assert held.data == AlertHeld(title="Slow!", person="ULEAD", reason="a load test", lasts="1 h")
    assert (held.at, held.step) == (LATER, "")


def test_a_second_hold_of_the_same_countdown_changes_nothing(store: Store, run: Run) -> None:
    assert hold(store, run)
    before = store.record(run.id).facts, store.events(run.id)
    assert not hold(store, run, lasts="2 h")
    assert (store.record(run.id).facts, store.events(run.id)) == before


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_hold_needs_a_reason(store: Store, run: Run, reason: str) -> None:
    with pytest.raises(Refused, match="Holding an alert needs a reason, so that the team knows why the alarm is false"):
        hold(store, run, reason=reason)
    assert store.record(run.id).facts == ()


def test_without_a_length_a_hold_lasts_half_an_hour(store: Store, run: Run) -> None:
    assert hold(store, run, lasts="")
    (fact,) = store.record(run.id).facts
    assert isinstance(fact, AlertHold)
    assert fact.lasts == timedelta(minutes=30)
    assert DEFAULT_HOLD in HOLD_LENGTHS, "the dialog shows it as its first choice"


@pytest.mark.parametrize(
    ("lasts", "error"), [("soon", "is not a duration"), ("0 min", "is zero"), ("30", "is not a duration")]
)
def test_a_length_that_is_no_duration_is_refused_with_how_to_write_one(
    store: Store, run: Run, lasts: str, error: str
) -> None:
    with pytest.raises(Refused, match=f"For how long should the alert be held\\? '{lasts}' {error}"):
        hold(store, run, lasts=lasts)


def test_a_hold_lasts_at_most_two_hours(store: Store, run: Run) -> None:
    with pytest.raises(Refused, match=r"can be held for at most 2 h, not for 2 h 1 min\. After that it counts again"):
        hold(store, run, lasts="121 min")
    assert hold(store, run, lasts="120 min")


def test_once_a_rollback_is_requested_no_alert_can_be_held(store: Store, run: Run) -> None:
    rollback(store, run, LEAD, "", NOON)
    with pytest.raises(
        TooLate, match=r"Too late: the rollback was requested at 12:00:00 UTC, so “Slow!” can no longer"
    ):
        hold(store, run)
    assert [fact.kind for fact in store.record(run.id).facts] == ["rollback"]
    assert store.events(run.id)[-1].data.stored_kind == "rollback"


def test_only_a_rollback_request_is_in_the_way() -> None:
    require_no_rollback(record(facts=(said("keep"), said("hold"))), "slow")
    with pytest.raises(TooLate, match="“slow” can no longer be held"):
        require_no_rollback(record(facts=(said("rollback"),)), "slow")

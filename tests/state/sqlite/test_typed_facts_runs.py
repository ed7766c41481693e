"""The fourth migration of runs, attempts and events: nothing is lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from state.events import AlertRaised, PeopleAsked, RunMoved, StepAnswered, StepEnded, StepSigned
from state.records import RunState
from state.sqlite.store import Store
from tests.state.sqlite.samples import OldRecord, at

# -- runs and attempts ----------------------------------------------------------------------------------------------


def test_a_run_keeps_all_its_fields(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.run(2, "rolled back", began=1, ended=2)
    with closing(Store(path)) as store:
        run = store.run(1)
        assert (run.notice_minutes, run.rollback_loss, run.speed, run.note) == (10, "12 jobs", 60.0, "a note")
        assert (run.began_at, run.ended_at, run.state) == (at(0), None, RunState.GOING)
        over = store.run(2)
        assert (over.began_at, over.ended_at, over.state) == (at(1), at(2), RunState.ROLLED_BACK)


def test_attempts_stay_in_the_order_in_which_they_were_written(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.run(2)
        old.step("b", began=9, ended=10)
        old.step("x", run=2)
        old.step("a", began=1, ended=2, state="failed")
        old.step("a", 2, "running", began=3)
    with closing(Store(path)) as store:
        attempts = store.record(1).attempts
        assert [(one.step, one.attempt, one.state.value) for one in attempts] == [
            ("b", 1, "done"),
            ("a", 1, "failed"),
            ("a", 2, "running"),
        ]
        assert [(one.began_at, one.ended_at) for one in attempts] == [(at(9), at(10)), (at(1), at(2)), (at(3), None)]
        assert {(one.summary, one.progress) for one in attempts} == {("said so", "50 %")}
        store.begin_attempt(1, "a", 3, at(4))
        assert store.record(1).attempts[-1].attempt == 3, "a new attempt comes last"


def test_an_attempt_that_could_ask_nobody_is_inconclusive(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.step("a", state="failed", outcome={"unasked": True, "measures": {"seconds": 9.0}})
        old.step("b", state="failed", outcome={"unasked": False})
        old.step("c", state="failed")
    with closing(Store(path)) as store:
        attempts = store.record(1).attempts
        assert [one.inconclusive for one in attempts] == [True, False, False]
        assert [one.outcome for one in attempts] == [{"inconclusive": True, "measures": {"seconds": 9.0}}, {}, {}]


def test_values_that_are_times_become_timestamps(path: Path) -> None:
    times = {"let_in_at": at(5).isoformat(), "restarted_at": at(4).isoformat()}
    with OldRecord(path) as old:
        old.run(1)
        old.step("a", outcome={"values": {"pid": "7", **times}})
        old.step("b", outcome={"values": {"commit": "abc"}})
    with closing(Store(path)) as store:
        first, second = store.record(1).attempts
        assert first.outcome == {"values": {"pid": "7"}, "timestamps": times}
        assert first.values == {"pid": "7", **times}
        assert second.outcome == {"values": {"commit": "abc"}}


# -- events ---------------------------------------------------------------------------------------------------------


def test_events_of_the_old_form_are_read(path: Path) -> None:
    wanted = {
        "kind": "answer",
        "step": "copy",
        "attempt": 2,
        "title": "Copy",
        "roles": ["dba"],
        "choices": ["again"],
        "state": "failed",
        "says": "exit 1",
        "items": [{"role": "dba", "text": "The backup is there"}],
    }
    answered = {"title": "KEEP before the watch is over", "role": "", "person": "U2", "said": "keep", "attempt": 0}
    with OldRecord(path) as old:
        old.run(1)
        old.event("wanted", 1, wanted, step="copy")
        old.event("wanted", 2, {"kind": "second", "step": "the decision", "attempt": 0}, step="the decision")
        old.event("signed", 3, {"title": "Ready", "role": "dba", "person": "U2", "said": "no", "attempt": 2})
        old.event("answered", 4, {**answered, "reason": "quiet"}, step="the decision")
        old.event("answered", 5, {"title": "Copy", "person": "U2", "said": "skip", "attempt": 2, "reason": "late"})
        old.event("ended", 6, {"title": "Copy", "says": "exit 1", "lines": ["a", "b"], "state": "failed"})
        old.event("alert", 7, {"name": "slow", "kind": "countdown", "attempt": 3, "seconds": 60.0, "roles": ["dba"]})
        old.event("moved", 8, {"state": "ended by hand", "stays": ["the page"], "not_restored": ["x"]})
    with closing(Store(path)) as store:
        events = store.events(1)
    assert [event.data for event in events] == [
        PeopleAsked(
            ask="answer",
            step="copy",
            attempt=2,
            title="Copy",
            roles=("dba",),
            state="failed",
            summary="exit 1",
            items=(("dba", "The backup is there"),),
        ),
        PeopleAsked(ask="second", step="the decision", attempt=1),
        StepSigned(title="Ready", role="dba", person="U2", attempt=2, refused=True),
        StepAnswered(title="KEEP before the watch is over", person="U2", attempt=0, reason="quiet"),
        StepAnswered(title="Copy", person="U2", attempt=2, choice="skip", reason="late"),
        StepEnded(title="Copy", summary="exit 1", lines=("a", "b"), state="failed"),
        AlertRaised(name="slow", number=3, seconds=60.0, roles=("dba",)),
        RunMoved(state="ended by hand", left=("the page",), not_restored=("x",)),
    ]
    assert [event.step for event in events[:2]] == ["copy", "the decision"]
    assert {(event.entry, event.hash) for event in events} == {(0, "")}, "no journal covers an old run"
    assert [event.at for event in events] == [at(minute) for minute in range(1, 9)]

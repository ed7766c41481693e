"""The store on a real SQLite file and a real PostgreSQL: runs and attempts."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import pytest

from state.errors import AlreadyRunning, TooLate
from state.events import event_from
from state.facts import RollbackRequest
from state.records import Attempt, AttemptState, Drill, Position, Run, RunState
from state.store import RecordStore
from tests.pages import NOON, event
from tests.state.sqlite.samples import STARTED, U1, at, new_run

REQUEST = RollbackRequest(by=U1, at=NOON)


def kinds(store: RecordStore, run: Run) -> list[str]:
    return [stored.data.stored_kind for stored in store.events(run.id)]


def end(store: RecordStore, run: Run, state: AttemptState, *, step: str = "backup", attempt: int = 1) -> None:
    store.end_attempt(run.id, Attempt(step=step, attempt=attempt, state=state, began_at=NOON), at(5))


# -- runs -----------------------------------------------------------------------------------------------------------


def test_a_started_run_is_going_and_has_its_fields_and_its_event(store: RecordStore) -> None:
    run = store.start_run(new_run(note="go \ud83d", speed=60.0, notice_minutes=10), at(1), STARTED)
    assert (run.note, run.speed, run.notice_minutes) == ("go ?", 60.0, 10), "half an emoji must not refuse the start"
    assert (run.state, run.began_at, run.ended_at) == (RunState.GOING, at(1), None)
    assert [(stored.data.stored_kind, stored.at) for stored in store.events(run.id)] == [("started", at(1))]
    assert store.run(run.id) == run
    with pytest.raises(KeyError):
        store.run(run.id + 1)


def test_a_drill_is_marked_in_the_record_and_every_other_run_is_not(store: RecordStore) -> None:
    drill = store.start_run(new_run("shop (drill)", drill=Drill.PLACES), NOON, STARTED)
    assert (store.run(drill.id).drill, store.start_run(new_run(), NOON, STARTED).drill) == (Drill.PLACES, "")


def test_a_second_active_run_on_one_target_is_refused_by_the_database(store: RecordStore, run: Run) -> None:
    with pytest.raises(AlreadyRunning, match="shop already has run 1, started by"):
        store.start_run(new_run(), NOON, STARTED)
    assert store.start_run(new_run("other"), NOON, STARTED).id != run.id


@pytest.mark.parametrize("states", [[RunState.ABORTED], [RunState.ROLLING_BACK, RunState.ROLLED_BACK]])
def test_a_target_is_free_again_once_its_run_is_over(store: RecordStore, run: Run, states: list[RunState]) -> None:
    for state in states:
        with pytest.raises(AlreadyRunning):
            store.start_run(new_run(), NOON, STARTED)
        store.move_run(run.id, state, NOON)
    assert store.start_run(new_run(), NOON, STARTED).active


def test_fifty_starts_at_once_make_one_run(store: RecordStore) -> None:
    runs: list[Run] = []

    def start() -> None:
        with contextlib.suppress(AlreadyRunning):
            runs.append(store.start_run(new_run(), NOON, STARTED))

    threads = [threading.Thread(target=start) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1


def test_runs_are_listed_newest_first_and_active_ones_oldest_first(store: RecordStore) -> None:
    for target in ("a", "b", "c"):
        store.start_run(new_run(target), NOON, STARTED)
    store.move_run(2, RunState.KEPT, NOON)
    store.move_run(1, RunState.ROLLING_BACK, NOON)
    assert [run.id for run in store.runs()] == [3, 2, 1]
    assert [run.id for run in store.runs(limit=2)] == [3, 2]
    assert [run.id for run in store.active_runs()] == [1, 3]
    active = store.active_run("c")
    assert active is not None
    assert active.id == 3
    assert store.active_run("b") is None


def test_the_newest_runs_of_a_target_are_found_however_busy_others_are(store: RecordStore) -> None:
    for target in ["a", "b", "b", "a", "b's", "b"]:
        number = store.start_run(new_run(target), NOON, STARTED).id
        store.move_run(number, RunState.KEPT, NOON)
    assert [run.id for run in store.runs_of("a")] == [4, 1]
    assert [run.id for run in store.runs_of("b", 2)] == [6, 3]
    assert [run.id for run in store.runs_of("b's")] == [5]
    assert store.runs_of("%") == store.runs_of("") == []


def test_a_move_is_stored_with_its_event_and_the_end_of_the_run(store: RecordStore, run: Run) -> None:
    assert store.move_run(run.id, RunState.ROLLING_BACK, at(1), event("moved"))
    assert (store.run(run.id).state, store.run(run.id).ended_at) == (RunState.ROLLING_BACK, None)
    assert store.move_run(run.id, RunState.ROLLED_BACK, at(2), event("moved"))
    assert (store.run(run.id).state, store.run(run.id).ended_at) == (RunState.ROLLED_BACK, at(2))
    assert kinds(store, run) == ["started", "moved", "moved"]


def test_a_move_that_was_made_or_whose_condition_is_false_stores_nothing(store: RecordStore, run: Run) -> None:
    assert not store.move_run(run.id, RunState.GOING, NOON, event("moved"))
    assert not store.move_run(run.id, RunState.KEPT, NOON, event("moved"), only_if=lambda of: of.keep is not None)
    assert store.run(run.id).state == RunState.GOING
    assert kinds(store, run) == ["started"]
    assert store.move_run(run.id, RunState.KEPT, NOON, only_if=lambda of: of.keep is None)


def test_an_illegal_move_is_refused(store: RecordStore, run: Run) -> None:
    store.move_run(run.id, RunState.KEPT, NOON)
    with pytest.raises(TooLate, match="Run 1 is kept; it cannot become rolling back"):
        store.move_run(run.id, RunState.ROLLING_BACK, NOON)


def test_what_a_rollback_would_lose_is_stored_with_its_run(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    store.set_rollback_loss(run.id, "12 jobs \ud83d")
    assert store.run(run.id).rollback_loss == "12 jobs ?"
    assert store.run(other.id).rollback_loss == ""


# -- attempts -------------------------------------------------------------------------------------------------------


def test_an_attempt_is_running_from_its_start_until_its_result_is_stored(store: RecordStore, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, at(1), event("began"))
    (running,) = store.record(run.id).attempts
    assert running == Attempt(
        step="backup", attempt=1, state=AttemptState.RUNNING, began_at=at(1), written_at=at(1).isoformat()
    )
    result = Attempt(
        step="backup",
        attempt=1,
        state=AttemptState.DONE,
        began_at=at(9),
        summary="\ud83d",
        outcome={"values": {"a": "\ud83d"}},
    )
    store.end_attempt(run.id, result, at(5), event("ended", {"lines": ["half: \ud83d"]}))
    record = store.record(run.id)
    (ended,) = record.attempts
    assert (ended.state, ended.began_at, ended.ended_at) == (AttemptState.DONE, at(1), at(5))
    assert (ended.summary, record.values()) == ("?", {"a": "?"}), "half an emoji must not stop the run"
    assert kinds(store, run) == ["started", "began", "ended"]
    assert store.events(run.id)[-1].data == event_from("ended", {"lines": ["half: ?"]})


def test_an_attempt_that_ended_does_not_end_again(store: RecordStore, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    end(store, run, AttemptState.DONE)
    with pytest.raises(TooLate, match="Step backup is done; it cannot become failed"):
        end(store, run, AttemptState.FAILED)
    assert [one.state for one in store.record(run.id).attempts] == [AttemptState.DONE]


def test_an_unknown_result_can_be_settled_later(store: RecordStore, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    end(store, run, AttemptState.UNKNOWN)
    end(store, run, AttemptState.DONE)
    assert [one.state for one in store.record(run.id).attempts] == [AttemptState.DONE]


def test_only_the_attempt_that_is_meant_ends(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    for number, step, attempt in (
        (run.id, "backup", 1),
        (run.id, "backup", 2),
        (run.id, "copy", 1),
        (other.id, "backup", 1),
    ):
        store.begin_attempt(number, step, attempt, NOON)
    end(store, run, AttemptState.FAILED, attempt=2)
    states = [one.state.value for number in (run.id, other.id) for one in store.record(number).attempts]
    assert states == ["running", "failed", "running", "running"]


def test_attempts_are_in_the_order_in_which_they_were_written_even_if_the_clock_went_back(
    store: RecordStore, run: Run
) -> None:
    for attempt in (1, 2):
        began = NOON - timedelta(hours=5 * attempt)
        store.begin_attempt(run.id, "restart", attempt, began)
        result = Attempt(
            step="restart",
            attempt=attempt,
            state=AttemptState.DONE,
            began_at=began,
            outcome={"values": {"pid": str(attempt)}},
        )
        store.end_attempt(run.id, result, began)
    record = store.record(run.id)
    assert [one.attempt for one in record.attempts] == [1, 2]
    assert record.values() == {"pid": "2"}, "an older value is taken for the newest"


def test_progress_is_stored_for_a_running_attempt_only(store: RecordStore, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    store.begin_attempt(run.id, "backup", 2, NOON)
    store.show_progress(run.id, "backup", 1, "10 of 60 tables \ud83d")
    end(store, run, AttemptState.DONE)
    store.show_progress(run.id, "backup", 1, "too late")
    assert [one.progress for one in store.record(run.id).attempts] == ["10 of 60 tables ?", ""]


def test_a_record_says_how_far_it_was_written(store: RecordStore, run: Run) -> None:
    assert store.record(run.id).position == Position(event=1)
    other = store.start_run(new_run("other"), NOON, STARTED)
    store.begin_attempt(run.id, "backup", 1, NOON, event("began"))
    store.begin_attempt(other.id, "backup", 1, NOON, event("began"))
    store.begin_attempt(run.id, "backup", 2, NOON)
    end(store, run, AttemptState.DONE)
    store.add_fact(run.id, REQUEST)
    assert store.record(run.id).position == Position(attempt=3, fact=1, event=3, ended=frozenset({1}))
    with pytest.raises(KeyError):
        store.record(9)

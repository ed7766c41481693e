"""What is counted of a whole record, on each database."""

from __future__ import annotations

from datetime import timedelta

from state.events import ClockJumped, EventKind, StatusDue
from state.records import NewEvent, Run, RunState
from state.store import RecordStore
from tests.pages import NOON
from tests.state.kept import Kept
from tests.state.sqlite.samples import STARTED, new_run

DAY = timedelta(days=1)


def test_active_runs_are_counted_by_state(store: RecordStore) -> None:
    assert store.active_by_state() == {RunState.GOING: 0, RunState.ROLLING_BACK: 0}
    runs = [store.start_run(new_run(name), NOON, STARTED).id for name in ("a", "b", "c", "d")]
    store.move_run(runs[0], RunState.ROLLING_BACK, NOON)
    store.move_run(runs[1], RunState.KEPT, NOON)
    assert store.active_by_state() == {RunState.GOING: 2, RunState.ROLLING_BACK: 1}


def test_a_run_that_cannot_be_read_is_counted_too(store: RecordStore, run: Run, kept: Kept) -> None:
    kept.by_hand("UPDATE runs SET began_at = 'x'")
    assert store.active_runs() == []
    assert store.active_by_state()[RunState.GOING] == 1


def test_events_after_the_newest_posted_one_are_not_posted(store: RecordStore, run: Run) -> None:
    assert store.unposted(NOON - DAY) == 1
    store.save_post(run.id, 0, "C1", "1.0")
    assert store.unposted(NOON - DAY) == 1, "the card is no event"
    first, second = [event(store, run) for _ in range(2)]
    store.save_post(run.id, first, "C1", "2.0")
    assert store.unposted(NOON - DAY) == 1
    store.save_post(run.id, second, "C1", "3.0")
    assert store.unposted(NOON - DAY) == 0


def test_what_a_run_left_unposted_long_ago_counts_no_more(store: RecordStore, run: Run) -> None:
    store.move_run(run.id, RunState.ABORTED, NOON)
    assert store.unposted(NOON - DAY) == 1
    assert store.unposted(NOON + DAY) == 0


def test_the_newest_event_of_a_kind_is_found_among_others(store: RecordStore, run: Run) -> None:
    assert store.newest_event(run.id, EventKind.STATUS_DUE) is None
    for slot in (1, 2):
        store.add_events(run.id, NOON, NewEvent(data=StatusDue(slot=slot)))
    event(store, run)
    newest = store.newest_event(run.id, EventKind.STATUS_DUE)
    assert newest
    assert newest.data == StatusDue(slot=2)
    assert store.post(run.id, newest.id) == ""
    store.save_post(run.id, newest.id, "C1", "4.5")
    assert store.post(run.id, newest.id) == "4.5"


def event(store: RecordStore, run: Run) -> int:
    """Write an event; returns its number."""
    store.add_events(run.id, NOON, NewEvent(data=ClockJumped()))
    return store.events(run.id)[-1].id

"""How far others were told of a run, on each database."""

from __future__ import annotations

from datetime import timedelta

from state.records import Run, RunState
from state.store import RecordStore
from state.store.database import Duty
from tests.pages import NOON, event
from tests.state.kept import Kept
from tests.state.sqlite.samples import STARTED, at, new_run


def test_a_run_is_untold_until_its_newest_event_was_told_to_each(store: RecordStore, run: Run) -> None:
    (first,) = store.events(run.id)
    assert store.told(run.id, Duty.EVENTS) is None
    assert store.untold(Duty.EVENTS, NOON) == store.untold(Duty.TRACES, NOON) == [run.id]
    store.save_told(run.id, Duty.EVENTS, first.id)
    assert store.told(run.id, Duty.EVENTS) == first.id
    assert (store.untold(Duty.EVENTS, NOON), store.untold(Duty.TRACES, NOON)) == ([], [run.id])
    store.add_events(run.id, NOON, event("began"))
    assert store.untold(Duty.EVENTS, NOON) == [run.id]
    store.save_told(run.id, Duty.EVENTS, first.id + 1)
    assert store.told(run.id, Duty.EVENTS) == first.id + 1


def test_a_run_that_ended_before_is_not_looked_at(store: RecordStore, run: Run) -> None:
    store.move_run(run.id, RunState.ABORTED, at(5), event("moved", {"state": "aborted"}))
    other = store.start_run(new_run("other"), NOON, STARTED)
    assert store.untold(Duty.EVENTS, at(4)) == [run.id, other.id]
    assert store.untold(Duty.EVENTS, at(5)) == [other.id]


def test_how_far_is_no_part_of_the_journal_and_wakes_the_runs_own_readers_only(
    kept: Kept, store: RecordStore, run: Run
) -> None:
    journal, before, none = store.head(run.id), store.version(run.id), store.version(0)
    store.save_told(run.id, Duty.EVENTS, 1)
    assert store.head(run.id) == journal
    assert store.version(run.id) != before
    assert store.version(0) == none
    assert not store.changes(run.id)
    again = kept.open()
    try:
        assert again.told(run.id, Duty.EVENTS) == 1
    finally:
        again.close()


def test_an_event_by_a_clock_that_went_back_is_untold_all_the_same(store: RecordStore, run: Run) -> None:
    store.save_told(run.id, Duty.EVENTS, store.events(run.id)[-1].id)
    store.add_events(run.id, NOON - timedelta(days=3), event("began"))
    assert store.untold(Duty.EVENTS, NOON) == [run.id]

"""What a reader of a run's record shares with the other readers, and when it is read anew."""

from __future__ import annotations

import pytest

from state.records import Attempt, AttemptState, Run, RunState
from state.store import RecordStore
from tests.pages import NOON
from tests.state.kept import Kept
from tests.state.sqlite.samples import STARTED


def end(store: RecordStore, run: Run, step: str, state: AttemptState, summary: str = "") -> None:
    store.end_attempt(run.id, Attempt(step=step, attempt=1, state=state, began_at=NOON, summary=summary), NOON, STARTED)


def add(store: RecordStore, run: Run, step: str, state: AttemptState = AttemptState.DONE) -> None:
    store.begin_attempt(run.id, step, 1, NOON)
    end(store, run, step, state)


def test_all_readers_share_one_copy_of_an_attempt_that_has_ended(store: RecordStore, run: Run) -> None:
    add(store, run, "check-1")
    first, second = store.record(run.id), store.record(run.id)
    assert first.attempts[0] is second.attempts[0]


def test_an_attempt_that_ends_later_is_read_anew_among_newer_ones(store: RecordStore, run: Run) -> None:
    store.begin_attempt(run.id, "watch", 1, NOON)
    add(store, run, "check-1")
    add(store, run, "check-2", AttemptState.UNKNOWN)
    assert [attempt.state for attempt in store.record(run.id).attempts] == ["running", "done", "unknown"]
    add(store, run, "check-3")
    end(store, run, "check-2", AttemptState.FAILED)
    end(store, run, "watch", AttemptState.DONE)
    read = store.record(run.id).attempts
    assert [(attempt.step, attempt.state) for attempt in read] == [
        ("watch", "done"), ("check-1", "done"), ("check-2", "failed"), ("check-3", "done")
    ]  # fmt: skip


def test_the_newest_output_of_a_running_attempt_is_read_each_time(store: RecordStore, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    for text in ("10 MB", "20 MB"):
        store.show_progress(run.id, "backup", 1, text)
        assert store.record(run.id).attempts[0].progress == text


def test_what_is_changed_by_hand_in_the_file_is_read(kept: Kept, store: RecordStore, run: Run) -> None:
    if kept.name != "sqlite":
        pytest.skip("PostgreSQL tells of the bots' own writes only; `gonogo verify` finds what is changed by hand")
    add(store, run, "check-1")
    assert store.record(run.id).attempts[0].summary == ""
    kept.by_hand("UPDATE attempts SET summary = 'changed by hand'")
    assert store.record(run.id).attempts[0].summary == "changed by hand"


def test_a_run_that_is_over_keeps_no_attempt(store: RecordStore, run: Run) -> None:
    add(store, run, "check-1")
    store.record(run.id)
    store.move_run(run.id, RunState.ABORTED, NOON, STARTED)
    assert store.record(run.id).attempts[0] is not store.record(run.id).attempts[0]

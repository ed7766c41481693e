"""The database under the store: its version, who is woken, what a write or a read is."""

from __future__ import annotations

import threading
from datetime import timedelta
from unittest.mock import Mock

import pytest

from state.errors import BadRecord
from state.records import Position, Run
from state.store import RecordStore
from tests.bot.tools.helpers import eventually
from tests.pages import NOON, event
from tests.state.kept import Kept
from tests.state.sqlite.samples import STARTED, new_run


def test_a_closed_record_can_be_closed_again_and_says_that_it_cannot_be_read(store: RecordStore) -> None:
    store.close()
    store.close()
    with pytest.raises(BadRecord, match="cannot be read now"):
        store.version()


def test_the_version_changes_with_each_write_of_this_process(store: RecordStore, run: Run) -> None:
    versions = [store.version()]
    for _ in range(2):
        store.add_events(run.id, NOON, event("status"))
        versions.append(store.version())
    assert [number for _, number in versions] == [1, 2, 3]


def test_the_version_changes_with_a_write_of_another_process(kept: Kept, store: RecordStore, run: Run) -> None:
    before = store.version()
    other = kept.open()
    other.add_events(run.id, NOON, event("status"))
    other.close()
    assert eventually(lambda: store.version()[0] != before[0])
    assert store.version()[1] == before[1]


def test_the_version_of_a_run_changes_with_its_own_writes_and_with_a_start_only(store: RecordStore, run: Run) -> None:
    second = store.start_run(new_run("other"), NOON, STARTED)
    runs = [run.id, second.id, 0]
    before = [store.version(number) for number in runs]
    store.add_events(run.id, NOON, event("status"))
    assert [store.version(number) != old for number, old in zip(runs, before, strict=True)] == [True, False, False]
    before = [store.version(number) for number in runs]
    store.start_run(new_run("a third"), NOON, STARTED)
    assert all(store.version(number) != old for number, old in zip(runs, before, strict=True))


def test_the_lists_of_runs_take_two_statements_however_many_runs_there_are(
    store: RecordStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        store.start_run(new_run(f"other-{number}"), NOON, STARTED)
    store.add_clock_jump(3, timedelta(hours=1), NOON + timedelta(hours=1), Position(), STARTED)
    one_by_one = [store.run(number) for number in range(run.id, run.id + 6)]
    rows = Mock(side_effect=store._db.rows)
    monkeypatch.setattr(store._db, "rows", rows)
    assert store.active_runs() == one_by_one
    assert store.runs(2) == one_by_one[:3:-1]
    assert rows.call_count == 4


def test_a_write_wakes_who_waits_for_it(store: RecordStore, run: Run) -> None:
    waiting, woken = threading.Event(), []

    def wait() -> None:
        with store.changed:
            waiting.set()
            woken.append(store.changed.wait(30))

    thread = threading.Thread(target=wait)
    thread.start()
    assert waiting.wait(30)
    store.add_events(run.id, NOON, event("status"))
    thread.join(30)
    assert woken == [True]


def test_a_write_that_changes_nothing_wakes_nobody(
    store: RecordStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add_events(run.id, NOON, event("status", once="status:1"))
    before = store.version()
    monkeypatch.setattr(store.changed, "notify_all", lambda: pytest.fail("nothing has changed"))
    store.add_events(run.id, NOON, event("status", once="status:1"))
    assert store.version() == before


def test_a_write_that_raises_is_undone_and_wakes_nobody(store: RecordStore, run: Run) -> None:
    before = store.version()
    with pytest.raises(ZeroDivisionError), store._db.write():
        store._db.insert("files", {"run": run.id, "name": "a", "sha256": "b", "text": "c"})
        raise ZeroDivisionError
    assert store.file(run.id, "a") is None
    assert store.version() == before
    store.save_file(run.id, "a", "later")
    assert store.file(run.id, "a") == "later"


def test_a_record_is_read_in_one_snapshot(kept: Kept, store: RecordStore, run: Run) -> None:
    """A write of another process between two queries of one read must not be seen by half of it."""
    other = kept.open()
    with store._db.snapshot():
        before = len(store.events(run.id))
        other.add_events(run.id, NOON, event("status"))
        assert len(store.events(run.id)) == before
    assert len(store.events(run.id)) == before + 1
    other.close()

"""An open state file: its lock, its version, and who is woken by a write."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from state.errors import BadRecord
from state.records import Run
from state.sqlite.lock import is_served
from state.sqlite.store import Store
from tests.pages import NOON, event


def test_only_one_process_serves_a_record_and_others_may_read_it(path: Path) -> None:
    first = Store(path, serving=True)
    with pytest.raises(BadRecord, match="is in use: another gonogo is serving it"):
        Store(path, serving=True)
    Store(path).close()
    first.close()
    assert not is_served(path)
    Store(path, serving=True).close()


def test_who_only_reads_takes_no_lock(path: Path) -> None:
    store = Store(path)
    assert not is_served(path)
    store.close()


def test_a_refused_record_gives_its_lock_back(path: Path) -> None:
    path.write_bytes(b"this is no record at all" * 400)
    for _ in range(2):
        with pytest.raises(BadRecord, match="file is not a database"):
            Store(path, serving=True)
    assert not is_served(path)


def test_a_closed_record_can_be_closed_again_and_says_that_it_cannot_be_read(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(BadRecord, match="cannot be read now"):
        store.version()


def test_the_version_changes_with_each_write_of_this_process(store: Store, run: Run) -> None:
    versions = [store.version()]
    for _ in range(2):
        store.add_events(run.id, NOON, event("status"))
        versions.append(store.version())
    assert [number for _, number in versions] == [1, 2, 3]


def test_the_version_changes_with_a_write_of_another_process(store: Store, run: Run) -> None:
    before = store.version()
    other = Store(store.path)
    other.add_events(run.id, NOON, event("status"))
    other.close()
    after = store.version()
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_write_wakes_who_waits_for_it(store: Store, run: Run) -> None:
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


def test_a_write_that_changes_nothing_wakes_nobody(store: Store, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add_events(run.id, NOON, event("status", once="status:1"))
    before = store.version()
    monkeypatch.setattr(store.changed, "notify_all", lambda: pytest.fail("nothing has changed"))
    store.add_events(run.id, NOON, event("status", once="status:1"))
    assert store.version() == before


def test_a_write_that_raises_is_undone_and_wakes_nobody(store: Store, run: Run) -> None:
    before = store.version()
    with pytest.raises(ZeroDivisionError), store.opened.write():
        store.opened.insert("files", {"run": run.id, "name": "a", "sha256": "b", "text": "c"})
        raise ZeroDivisionError
    assert store.file(run.id, "a") is None
    assert store.version() == before
    store.save_file(run.id, "a", "later")
    assert store.file(run.id, "a") == "later"


def test_a_record_is_read_in_one_snapshot(store: Store, run: Run) -> None:
    """A write of another process between two queries of one read must not be seen by half of it."""
    other = Store(store.path)
    with store.opened.snapshot():
        before = len(store.events(run.id))
        other.add_events(run.id, NOON, event("status"))
        assert len(store.events(run.id)) == before
    assert len(store.events(run.id)) == before + 1
    other.close()

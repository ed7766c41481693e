"""The record as it was read last: which writes have it read again."""

from __future__ import annotations

import pytest

from state.records import Run
from state.store import RecordStore
from state.store import last_read as module
from state.store.last_read import LastRead
from tests.bot.tools.helpers import eventually
from tests.pages import NOON, event
from tests.state.kept import Kept
from tests.state.sqlite.samples import STARTED, new_run


def test_a_record_is_read_again_once_something_was_written_to_the_run(kept: Kept, store: RecordStore, run: Run) -> None:
    last_read = LastRead(store, run.id)
    first = last_read.record()
    assert last_read.record() is first
    store.add_events(run.id, NOON, event("status"))
    second = last_read.record()
    assert second.position.event > first.position.event
    other = kept.open()
    other.add_events(run.id, NOON, event("status"))
    other.close()
    assert eventually(lambda: last_read.record().position.event > second.position.event)


def test_what_is_written_to_another_run_has_it_not_read_again(store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    last_read = LastRead(store, run.id)
    first = last_read.record()
    store.add_events(other.id, NOON, event("status"))
    assert last_read.record() is first


def test_it_is_read_again_when_asked_and_now_and_then_without_word_of_a_write(
    store: RecordStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_read = LastRead(store, run.id)
    first = last_read.record()
    anew = last_read.record(anew=True)
    assert anew is not first
    assert last_read.record() is anew
    monkeypatch.setattr(module, "LONGEST", 0)
    assert eventually(lambda: last_read.record() is not anew)

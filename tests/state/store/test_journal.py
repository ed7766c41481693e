"""The journal: who changes the record by hand is found, with the first entry."""

from __future__ import annotations

from contextlib import closing

import pytest

from state.facts import BOT, Hold, Signature
from state.journal import RecordKey
from state.records import Run, RunState
from state.store import RecordStore
from tests.pages import NOON, event
from tests.state.kept import Kept
from tests.state.sqlite.samples import STARTED, U1, at, new_run
from tests.state.store.journalled import changes, write_run


@pytest.fixture
def run(store: RecordStore) -> Run:
    """A run with one of everything: entries 1 to 14."""
    return write_run(store)


def test_a_record_that_nobody_touched_shows_no_change(kept: Kept, store: RecordStore, run: Run) -> None:
    assert changes(store, run) == []
    assert len(store.chain(run.id).entries) == 14
    store.move_run(run.id, RunState.ROLLING_BACK, at(11))
    store.move_run(run.id, RunState.ROLLED_BACK, at(12), event("moved"))
    store.show_progress(run.id, "backup", 1, "50 %")
    store.set_rollback_loss(run.id, "12 jobs")
    store.save_post(run.id, 1, "C1", "1.2")
    assert changes(store, run) == []


def test_a_removed_entry_is_found_though_the_gap_is_closed(kept: Kept, store: RecordStore, run: Run) -> None:
    kept.by_hand(f"DELETE FROM journal WHERE run = {run.id} AND number = 8")
    for number in range(9, 15):
        kept.by_hand("UPDATE journal SET number = number - 1 WHERE run = ? AND number = ?", run.id, number)
    assert changes(store, run)[0] == "entry 8 (event 4 signed) was altered or put in"


def test_an_entry_with_right_hashes_but_no_key_is_found(kept: Kept, store: RecordStore, run: Run) -> None:
    """Somebody who knows how the journal is made appends to it, with a key of their own or with none."""
    for key in (RecordKey(b"a key of my own"), None):
        forger = kept.open(key=key)
        forger._key_to_write = lambda key=key: key  # type: ignore[method-assign, misc]
        forger.add_fact(run.id, Hold(by=U1, at=at(20), number=0 if key else 1))
        forger.close()
    own = RecordKey(b"a key of my own").id
    assert changes(store, run) == [
        f"entry 15 (hold 0) was written with another key ({own})",
        "entry 16 (hold 1) was written without the record's key",
    ]


def test_a_run_whose_rows_were_swapped_with_another_run_is_found(kept: Kept, store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other", text="# Other"), NOON, STARTED)
    store.add_fact(other.id, Signature(by=BOT, at=at(2), step="backup", attempt=1, role="dba"), event("signed"))
    kept.by_hand("UPDATE facts SET person = CASE run WHEN 1 THEN 'gonogo' ELSE 'U1' END WHERE kind = 'sign'")
    assert changes(store, run) == ["entry 8 (signature backup:1:dba) was altered"]
    assert changes(store, other) == ["entry 3 (signature backup:1:dba) was altered"]


def test_entries_that_were_swapped_between_runs_are_found(kept: Kept, store: RecordStore, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    kept.by_hand(
        "UPDATE journal SET run = 99 WHERE run = 1 AND number = 2; UPDATE journal SET run = 1 WHERE run = 2 AND "
        "number = 2; UPDATE journal SET run = 2 WHERE run = 99",
    )
    assert changes(store, run)[0].startswith("entry 2 ")
    assert changes(store, other)[0].startswith("entry 2 ")


# -- keys -----------------------------------------------------------------------------------------------------------


def test_the_key_is_made_with_the_first_run_for_its_owner_only_and_is_not_in_the_record(
    kept: Kept, store: RecordStore
) -> None:
    key = kept.key_file
    assert not key.exists()
    store.start_run(new_run(), NOON, STARTED)
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().strip() not in str([*store.chain(1).entries, *store.chain(1).rows.values()])


def test_with_another_key_the_record_is_not_called_altered(kept: Kept, store: RecordStore, run: Run) -> None:
    written = store.key
    assert written
    with closing(kept.open(key=RecordKey(b"another key than that"))) as other:
        assert changes(other, run) == [
            f"entry 1 (the start of the run, with its page) was written with another key ({written.id})"
        ]
        kept.by_hand("UPDATE facts SET person = 'U9' WHERE kind = 'sign'")
        assert changes(other, run)[1] == "entry 8 (signature backup:1:dba) was altered"


def test_without_the_key_the_hashes_are_still_compared(kept: Kept, store: RecordStore, run: Run) -> None:
    kept.key_file.unlink()
    with closing(kept.open()) as without:
        assert without.key is None
        assert changes(without, run) == []
        kept.by_hand("UPDATE facts SET person = 'U9' WHERE kind = 'sign'")
        assert changes(without, run) == ["entry 8 (signature backup:1:dba) was altered"]


def test_no_second_key_is_made_for_a_record_whose_key_is_gone(kept: Kept, store: RecordStore, run: Run) -> None:
    kept.key_file.rename(kept.key_file.with_name("kept.key"))
    with closing(kept.open()) as without:
        without.add_fact(run.id, Hold(by=U1, at=at(20), number=0))
    assert not kept.key_file.exists()
    assert changes(store, run) == ["entry 15 (hold 0) was written without the record's key"]


# -- runs of earlier versions ----------------------------------------------------------------------------------------


# -- the file's own tables and triggers -------------------------------------------------------------------------------


def test_an_event_is_read_once_though_somebody_doubled_its_entry(kept: Kept, store: RecordStore, run: Run) -> None:
    before = [one.id for one in store.events(run.id)]
    kept.by_hand(
        "INSERT INTO journal SELECT run, 99, kind, ref, digest, hash, key, mac FROM journal "
        "WHERE run = 1 AND number = 2",
    )
    assert [one.id for one in store.events(run.id)] == before

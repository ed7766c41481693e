"""The journal on a real file: who changes the record by hand is found, with the first entry."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from state.facts import BOT, Hold, Keep, Signature
from state.journal import RecordKey
from state.journal.key import key_beside
from state.records import Run, RunState
from state.sqlite.store import Store
from state.store.covered import NOT_COVERED_TABLES, TABLES
from tests.pages import NOON, event
from tests.state.sqlite.forger import by_hand, remove_entry
from tests.state.sqlite.journalled import changes, write_run
from tests.state.sqlite.samples import STARTED, U1, OldRecord, at, new_run


@pytest.fixture
def run(store: Store) -> Run:
    """A run with one of everything: entries 1 to 14."""
    return write_run(store)


def test_a_record_that_nobody_touched_shows_no_change(store: Store, run: Run) -> None:
    assert changes(store, run) == []
    assert len(store.chain(run.id).entries) == 14
    store.move_run(run.id, RunState.ROLLING_BACK, at(11))
    store.move_run(run.id, RunState.ROLLED_BACK, at(12), event("moved"))
    store.show_progress(run.id, "backup", 1, "50 %")
    store.set_rollback_loss(run.id, "12 jobs")
    store.save_post(run.id, 1, "C1", "1.2")
    assert changes(store, run) == []


def test_a_removed_entry_is_found_though_the_gap_is_closed(store: Store, run: Run) -> None:
    remove_entry(store.path, run.id, 8)
    assert changes(store, run)[0] == "entry 8 (event 4 signed) was altered or put in"


def test_an_entry_with_right_hashes_but_no_key_is_found(store: Store, run: Run) -> None:
    """Somebody who knows how the journal is made appends to it, with a key of their own or with none."""
    for key in (RecordKey(b"a key of my own"), None):
        forger = Store(store.path, key=key)
        forger._key_to_write = lambda key=key: key  # type: ignore[method-assign, misc]
        forger.add_fact(run.id, Hold(by=U1, at=at(20), number=0 if key else 1))
        forger.close()
    own = RecordKey(b"a key of my own").id
    assert changes(store, run) == [
        f"entry 15 (hold 0) was written with another key ({own})",
        "entry 16 (hold 1) was written without the record's key",
    ]


def test_a_run_whose_rows_were_swapped_with_another_run_is_found(store: Store, run: Run) -> None:
    other = store.start_run(new_run("other", text="# Other"), NOON, STARTED)
    store.add_fact(other.id, Signature(by=BOT, at=at(2), step="backup", attempt=1, role="dba"), event("signed"))
    by_hand(store.path, "UPDATE facts SET person = CASE run WHEN 1 THEN 'gonogo' ELSE 'U1' END WHERE kind = 'sign'")
    assert changes(store, run) == ["entry 8 (signature backup:1:dba) was altered"]
    assert changes(store, other) == ["entry 3 (signature backup:1:dba) was altered"]


def test_entries_that_were_swapped_between_runs_are_found(store: Store, run: Run) -> None:
    other = store.start_run(new_run("other"), NOON, STARTED)
    by_hand(
        store.path,
        "UPDATE journal SET run = 99 WHERE run = 1 AND number = 2; UPDATE journal SET run = 1 WHERE run = 2 AND "
        "number = 2; UPDATE journal SET run = 2 WHERE run = 99",
    )
    assert changes(store, run)[0].startswith("entry 2 ")
    assert changes(store, other)[0].startswith("entry 2 ")


def test_the_record_put_back_to_an_earlier_copy_is_found_by_who_knows_the_head(store: Store, run: Run) -> None:
    with (
        closing(sqlite3.connect(store.path)) as file,
        closing(sqlite3.connect(store.path.with_name("copy.db"))) as copy,
    ):
        file.backup(copy)
    store.add_fact(run.id, Keep(by=U1, at=at(20)))
    known = store.head(run.id)
    earlier = Store(store.path.with_name("copy.db"), key=store.key)
    assert earlier.changes(run.id) == [], "by itself the copy is good"
    assert [str(change) for change in earlier.check(run.id, known)[0]] == ["entry 15 was removed"]
    earlier.add_fact(run.id, Hold(by=U1, at=at(20), number=0))
    assert [str(change) for change in earlier.check(run.id, known)[0]] == ["entry 15 is not the one that the bot wrote"]
    earlier.close()


# -- keys -----------------------------------------------------------------------------------------------------------


def test_the_key_is_made_with_the_first_run_for_its_owner_only_and_is_not_in_the_record(store: Store) -> None:
    key = key_beside(store.path)
    assert not key.exists()
    store.start_run(new_run(), NOON, STARTED)
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().strip().encode() not in b"".join(
        file.read_bytes() for file in store.path.parent.glob("*.db*") if file != key
    )


def test_with_another_key_the_record_is_not_called_altered(store: Store, run: Run) -> None:
    written = store.key
    assert written
    with closing(Store(store.path, key=RecordKey(b"another key than that"))) as other:
        assert changes(other, run) == [
            f"entry 1 (the start of the run, with its page) was written with another key ({written.id})"
        ]
        by_hand(store.path, "UPDATE facts SET person = 'U9' WHERE kind = 'sign'")
        assert changes(other, run)[1] == "entry 8 (signature backup:1:dba) was altered"


def test_without_the_key_the_hashes_are_still_compared(store: Store, run: Run) -> None:
    key_beside(store.path).unlink()
    with closing(Store(store.path)) as without:
        assert without.key is None
        assert changes(without, run) == []
        by_hand(store.path, "UPDATE facts SET person = 'U9' WHERE kind = 'sign'")
        assert changes(without, run) == ["entry 8 (signature backup:1:dba) was altered"]


def test_no_second_key_is_made_for_a_record_whose_key_is_gone(store: Store, run: Run) -> None:
    key_beside(store.path).rename(store.path.with_name("kept.key"))
    with closing(Store(store.path)) as without:
        without.add_fact(run.id, Hold(by=U1, at=at(20), number=0))
    assert not key_beside(store.path).exists()
    assert changes(store, run) == ["entry 15 (hold 0) was written without the record's key"]


# -- runs of earlier versions ----------------------------------------------------------------------------------------


def test_a_run_of_an_earlier_version_is_covered_from_its_next_write_on(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1, "kept", ended=5)
        old.run(2)
        old.step("backup", run=2, ended=3)
        old.fact("hold", "hold:0", 1, run=2)
        old.event("began", 1, {"title": "x"}, run=2)
    with closing(Store(path)) as store:
        assert [store.chain(number).entries for number in (1, 2)] == [(), ()]
        assert [store.changes(number) for number in (1, 2)] == [[], []]
        store.add_fact(2, Keep(by=U1, at=at(9)), event("keep"))
        assert [entry.kind for entry in store.chain(2).entries] == [
            "found", "run", "begin", "end", "fact", "fact", "event", "event",
        ]  # fmt: skip
        assert store.changes(2) == []
        assert store.start_run(new_run(), at(10), STARTED).id == 3
        assert [store.changes(number) for number in (1, 2, 3)] == [[], [], []]
        by_hand(path, "UPDATE attempts SET summary = 'x' WHERE run = 2")
        assert [str(change) for change in store.changes(2)] == [
            "entry 4 (result of step backup, attempt 1) was altered"
        ]


def test_every_table_is_covered_or_named_as_not_covered(store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as file:
        tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables - NOT_COVERED_TABLES == set(TABLES)


def test_a_copy_of_the_file_elsewhere_needs_the_key_too(store: Store, run: Run, tmp_path: Path) -> None:
    store.close()
    copy = tmp_path / "copy.db"
    shutil.copy(store.path, copy)
    with closing(Store(copy)) as elsewhere:
        assert elsewhere.key is None
        assert elsewhere.changes(run.id) == []


# -- the file's own tables and triggers -------------------------------------------------------------------------------


def test_a_foreign_trigger_that_changes_what_the_bot_writes_is_found(store: Store, run: Run) -> None:
    """The bot's own write is altered before it is covered, so the entry is good, and the trigger is what is wrong."""
    with closing(sqlite3.connect(store.path)) as forger:
        forger.executescript(
            "DROP TRIGGER facts_are_only_added; CREATE TRIGGER x AFTER INSERT ON facts BEGIN "
            "UPDATE facts SET person = 'U9' WHERE id = new.id; END;"
        )
    store.add_fact(run.id, Hold(by=U1, at=at(20), number=0))
    assert changes(store, run) == [
        "the trigger x was added to the state file",
        "the trigger facts_are_only_added of the state file was removed",
    ]


@pytest.mark.parametrize(
    ("sql", "change"),
    [
        (
            "DROP TRIGGER events_are_kept; CREATE TRIGGER events_are_kept AFTER INSERT ON facts BEGIN SELECT 1; END",
            "the trigger events_are_kept of the state file was altered",
        ),
        ("CREATE VIEW v AS SELECT 1", "the view v was added to the state file"),
        ("ALTER TABLE facts ADD COLUMN more TEXT", "the table facts of the state file was altered"),
        ("DROP INDEX one_active_run", "the index one_active_run of the state file was removed"),
    ],
)
def test_a_changed_schema_is_named(store: Store, run: Run, sql: str, change: str) -> None:
    with closing(sqlite3.connect(store.path)) as forger:
        forger.executescript(sql)
    assert change in changes(store, run)


def test_sqlites_own_tables_are_no_change(store: Store, run: Run) -> None:
    with closing(sqlite3.connect(store.path)) as admin:
        admin.executescript("ANALYZE; VACUUM")
    assert changes(store, run) == []


def test_an_event_is_read_once_though_somebody_doubled_its_entry(store: Store, run: Run) -> None:
    before = [one.id for one in store.events(run.id)]
    by_hand(
        store.path,
        "INSERT INTO journal SELECT run, 99, kind, ref, digest, hash, key, mac FROM journal "
        "WHERE run = 1 AND number = 2",
    )
    assert [one.id for one in store.events(run.id)] == before

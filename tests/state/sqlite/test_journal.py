"""The journal of a state file: its copies, files of earlier versions, its own tables."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from state.facts import Hold, Keep
from state.records import Run
from state.sqlite.store import Store
from state.store.covered import NOT_COVERED_TABLES, TABLES
from tests.pages import event
from tests.state.sqlite.forger import by_hand
from tests.state.sqlite.samples import STARTED, U1, OldRecord, at, new_run
from tests.state.store.journalled import changes, write_run


@pytest.fixture
def run(store: Store) -> Run:
    """A run with one of everything: entries 1 to 14."""
    return write_run(store)


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

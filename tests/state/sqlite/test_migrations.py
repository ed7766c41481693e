"""An older state file is migrated once, with a copy kept; a newer one is refused."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from state.errors import BadRecord
from state.facts import Hold
from state.sqlite import migrations
from state.sqlite.migrations import MIGRATIONS
from state.sqlite.schema import schema_changes
from state.sqlite.store import Store
from state.sqlite.typed_facts import type_facts
from tests.state.sqlite.samples import OldRecord, at, old_file

# opens a state file, and says when it has read its version
OPEN = """
import sys, pathlib
from state.sqlite import migrations, store
keep_copy = migrations._keep_copy
def say_and_keep(*args):
    print("read", flush=True)
    keep_copy(*args)
migrations._keep_copy = say_and_keep
store.Store(pathlib.Path(sys.argv[1])).close()
"""
PROCESSES = 6


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("PRAGMA user_version").fetchone()[0])


def schema(path: Path) -> list[tuple[str, str]]:
    """The names and columns of all tables, and the names of the rest."""
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT type, name FROM sqlite_master ORDER BY name").fetchall()
        tables = [
            (name, str(file.execute(f"PRAGMA table_info({name})").fetchall())) for kind, name in rows if kind == "table"
        ]
    return [*tables, *rows]


def test_a_new_file_has_the_newest_version_and_no_copy(path: Path) -> None:
    Store(path).close()
    assert version(path) == len(MIGRATIONS)
    assert not list(path.parent.glob("*.shape-*"))


@pytest.mark.parametrize("old", [1, 2, 3, 4])
def test_an_older_file_gets_the_same_schema_as_a_new_one(path: Path, old: int) -> None:
    old_file(path, old)
    Store(path).close()
    new = path.with_name("new.db")
    Store(new).close()
    assert version(path) == len(MIGRATIONS)
    assert schema(path) == schema(new)
    with closing(sqlite3.connect(path)) as file:
        assert schema_changes(file) == [], "a migrated file must not look as if somebody had changed it"


def test_a_copy_of_an_older_file_is_kept_for_its_owner_only(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.step("backup")
    with closing(Store(path)) as store:
        assert store.record(1).last("backup") is not None
    (copy,) = path.parent.glob("gonogo.db.shape-*")
    assert copy.name == "gonogo.db.shape-3"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert version(copy) == 3
    with closing(sqlite3.connect(copy)) as file:
        assert file.execute("SELECT says FROM steps").fetchall() == [("said so",)]


def test_an_earlier_copy_of_the_same_version_is_kept(path: Path) -> None:
    old_file(path, 1)
    copy = path.with_name("gonogo.db.shape-1")
    copy.write_text("the copy that was made first")
    Store(path).close()
    assert copy.read_text() == "the copy that was made first"
    assert version(path) == len(MIGRATIONS)


def test_a_newer_file_is_refused_with_both_versions(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as by_hand:
        by_hand.execute("PRAGMA user_version = 99")
    with pytest.raises(
        BadRecord,
        match=rf"newer gonogo \(schema version 99, this one knows {len(MIGRATIONS)}\)\. Upgrade gonogo, or set",
    ):
        Store(path)
    assert version(path) == 99


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.fact("hold", "hold:0", 1)

    def fail(connection: sqlite3.Connection) -> None:
        type_facts(connection)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS[:3], fail))
    with pytest.raises(BadRecord, match="disk I/O error"):
        Store(path)
    assert version(path) == 3
    monkeypatch.undo()
    with closing(Store(path)) as store:
        (fact,) = store.record(1).facts
    assert isinstance(fact, Hold)
    assert fact.at == at(1)


def test_an_unfinished_copy_of_a_process_that_died_is_removed(path: Path) -> None:
    old_file(path, 1)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for pid in (dead.pid, os.getppid(), "nonsense"):
        path.with_name(f"gonogo.db.shape-1.{pid}.part").write_text("half a copy")
    Store(path).close()
    parts = [part.name for part in path.parent.glob("*.part")]
    assert parts == [f"gonogo.db.shape-1.{os.getppid()}.part"], "a living process may still be copying"


@pytest.mark.parametrize("old", [1, 3])
def test_many_processes_that_open_an_older_file_at_once_migrate_it_once(path: Path, old: int) -> None:
    old_file(path, old)
    with closing(sqlite3.connect(path, isolation_level=None)) as blocking:
        blocking.execute("PRAGMA journal_mode = WAL")
        blocking.execute("BEGIN IMMEDIATE")
        command = [sys.executable, "-c", OPEN, str(path)]
        opening = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(PROCESSES)]
        for process in opening:
            assert process.stdout
            assert process.stdout.readline() == b"read\n", "it has not read the old version"
        blocking.execute("COMMIT")
        errors = [process.communicate()[1].decode() for process in opening]
    assert [process.returncode for process in opening] == [0] * PROCESSES, errors
    assert version(path) == len(MIGRATIONS)
    assert [copy.name for copy in path.parent.glob("*.shape-*")] == [f"gonogo.db.shape-{old}"]

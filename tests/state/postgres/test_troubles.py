"""Several bots at the worst moments: two first starts, a copy, no connection, a full disk."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from state.copying import copy_record
from state.errors import BadRecord
from state.place import unserved
from state.postgres.address import PostgresAddress
from state.postgres.store import PostgresStore
from state.records import Run
from state.store import RecordStore
from tests.bot.tools.helpers import eventually
from tests.pages import NOON
from tests.state.kept import KeptInPostgres
from tests.state.sqlite.samples import STARTED, new_run


def test_bots_that_start_at_once_on_an_empty_database_all_serve_one_record(kept: KeptInPostgres) -> None:
    kept.open(key=kept.key_file).close()  # a key, and no record: the database is emptied again
    kept.prepare()
    stores: list[RecordStore] = []
    errors: list[Exception] = []
    at_once = threading.Barrier(6)

    def begin() -> None:
        at_once.wait()
        try:
            stores.append(kept.open(serving=True))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    run = stores[0].start_run(new_run(), NOON, STARTED)
    assert [store.run(run.id) for store in stores] == [run] * 6
    assert sum(store.owned(run.id) is not None for store in stores) == 1


def test_a_served_record_is_not_copied_and_no_bot_begins_while_it_is(kept: KeptInPostgres, tmp_path: Path) -> None:
    store = kept.open(serving=True)
    store.start_run(new_run(), NOON, STARTED)
    with pytest.raises(BadRecord, match="is in use: a bot is serving it"):
        copy_record(kept.address, tmp_path / "copy.db", store.key)
    assert not (tmp_path / "copy.db").exists()
    store.close()
    assert eventually(lambda: not _served(kept), 10)
    with unserved(kept.address), pytest.raises(BadRecord, match="is locked, as `gonogo record copy` locks it"):
        kept.open(serving=True)


def _served(kept: KeptInPostgres) -> bool:
    from state.place import is_served

    return is_served(kept.address)


@contextmanager
def no_connection_left(kept: KeptInPostgres) -> Iterator[None]:
    """Inside the block the server takes no new session of the record's database."""
    kept.admin("ALTER DATABASE records_of_bots CONNECTION LIMIT 0")
    try:
        yield
    finally:
        kept.admin("ALTER DATABASE records_of_bots CONNECTION LIMIT -1")


def test_a_bot_that_finds_no_connection_left_says_so_and_goes_on_once_there_is_one(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    owned = store.owned(run.id)
    assert owned
    with no_connection_left(kept):
        owned.begin_attempt(run.id, "backup", 1, NOON)  # the session that it has is enough
        kept.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        with pytest.raises(BadRecord):
            store.record(run.id)  # it learns that its session is gone
        with pytest.raises(BadRecord, match=r"it takes no more connections \(max_connections"):
            store.record(run.id)
    assert eventually(lambda: _written(owned, run.id), 20)
    assert store.changes(run.id) == []


def _written(owned: RecordStore, run: int) -> bool:
    try:
        owned.begin_attempt(run, "migrate", 1, NOON)
    except BadRecord:
        return False
    return True


@contextmanager
def small_disk(server: Postgres) -> Iterator[tuple[PostgresAddress, Path]]:
    """A database on a disk of its own that holds 24 MB: an empty one takes 8, and the tables as much again."""
    folder = Path(tempfile.mkdtemp(prefix="gonogo-disk-", dir="/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0777", "tmpfs", folder], check=True)
    space = folder / "space"
    space.mkdir()
    user = Path(server._recorded_folder() or "").stat().st_uid
    os.chown(space, user, -1)
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small OWNER {OWNER} LOCATION '{space}'".encode())
        admin.execute(f"CREATE DATABASE small OWNER {OWNER} TABLESPACE small".encode())
        try:
            yield PostgresAddress(server.url(OWNER, "small")), folder
        finally:
            # on a full disk it could not be dropped, and no other database of the server could be used any more
            subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
            admin.execute(b"DROP DATABASE small WITH (FORCE)")
            admin.execute(b"DROP TABLESPACE small")
            subprocess.run(["umount", folder], check=True)
            folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_at_postgresql_is_named_and_nothing_is_lost(postgres: Postgres, tmp_path: Path) -> None:
    with (
        small_disk(postgres) as (address, disk),
        closing(PostgresStore(address, serving=True, key=tmp_path / "key")) as store,
    ):
        run = store.start_run(new_run(), NOON, STARTED).id
        assert store.changes(run) == []  # the first look makes the tables anew, as temporary ones, to compare
        # PostgreSQL writes what it has changed in memory while it reads, too, and could not on a full disk
        postgres.query("CHECKPOINT")
        with pytest.raises(
            BadRecord, match=r"cannot be written now \(could not (extend file|write blocks) .*Free space"
        ) as full:
            for number in range(1000):
                store.save_file(run, f"file-{number}", os.urandom(100_000).hex())
        assert str(full.value).endswith("Nothing was saved.")
        kept = sum(store.file(run, f"file-{number}") is not None for number in range(1000))
        entries = [entry for entry in store.chain(run).entries if entry.kind == "file"]
        assert len(entries) == kept
        assert store.changes(run) == []
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        store.save_file(run, "one more", os.urandom(100_000).hex())
        assert store.changes(run) == []

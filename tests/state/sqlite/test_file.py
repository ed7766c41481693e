"""A state file in trouble: damaged, full, or not to be created. Nothing is half written."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from state.errors import BadRecord
from state.records import Run
from state.sqlite.file import open_file, readable, transaction
from state.sqlite.store import Store
from tests.pages import NOON, event
from tests.state.sqlite.samples import STARTED, new_run


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """An open file with one plain table."""
    with closing(open_file(path, check=False)) as opened:
        opened.execute("CREATE TABLE notes (text TEXT UNIQUE)")
        yield opened


def texts(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM notes")]


def fill(store: Store, *, pages: int = 4) -> None:
    """Let the file grow by a few pages more, and fill them."""
    count = store.opened._connection.execute("PRAGMA page_count").fetchone()[0]
    store.opened._connection.execute(f"PRAGMA max_page_count = {count + pages}")
    for length in (1500, 150, 1):
        with pytest.raises(BadRecord):
            for _ in range(1000):
                store.add_events(1, NOON, event("filler", {"words": "x" * length}))


def make_room(store: Store) -> None:
    store.opened._connection.execute("PRAGMA max_page_count = 1000000")


# -- opening --------------------------------------------------------------------------------------------------------


def test_only_its_owner_may_read_the_file(store: Store) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_write_is_on_the_disk_when_it_returns(connection: sqlite3.Connection) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    values = [connection.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in pragmas]
    assert values == ["wal", 2, 1], "2 is FULL"


def test_what_was_written_is_there_when_the_file_is_opened_again(path: Path, store: Store, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    store.close()
    with closing(Store(path)) as again:
        assert [one.step for one in again.record(run.id).attempts] == ["backup"]


@pytest.mark.parametrize("page", [1, 2, 5, 9])
def test_flipped_bytes_anywhere_are_refused_when_a_bot_would_serve_the_file(path: Path, page: int) -> None:
    with closing(Store(path)) as store:
        store.start_run(new_run(), NOON, STARTED)
    data = bytearray(path.read_bytes())
    start = (page - 1) * 4096 + (100 if page == 1 else 0)  # the file's own header comes before the first page's
    for place in range(start, start + 8):
        data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(BadRecord, match=r"cannot be read \(.*\)\. Move it away, and with it .*-wal and .*-shm"):
        Store(path, serving=True)


def test_the_damage_is_named_in_one_short_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Store(path)) as store:
        store.start_run(new_run(), NOON, STARTED)
    data = bytearray(path.read_bytes())
    data[4096:4104] = bytes(byte ^ 0xFF for byte in data[4096:4104])
    path.write_bytes(data)
    with pytest.raises(BadRecord) as caught:
        Store(path, serving=True)
    assert "it is damaged: *** in database main ***" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value).replace(str(path), "")) < 300


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_copy_is_damaged_by_what_the_old_file_left_beside_it_and_good_without(path: Path) -> None:
    with closing(Store(path)) as store:
        store.start_run(new_run(), NOON, STARTED)
    copy, beside = path.read_bytes(), [path.with_name(f"{path.name}-{end}") for end in ("wal", "shm")]
    with closing(open_file(path, check=False)) as killed:  # goes on for a while, and ends without closing the file
        killed.execute("CREATE TABLE later (text)")
        killed.executemany("INSERT INTO later VALUES (?)", [("x" * 900,)] * 300)
        killed.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        killed.execute("CREATE INDEX of_later ON later (text)")
        left = [one.read_bytes() for one in beside]
    path.write_bytes(copy)
    for one, data in zip(beside, left, strict=True):
        one.write_bytes(data)
    with pytest.raises(BadRecord, match=f"Move it away, and with it {beside[0].name} and {beside[1].name} if they are"):
        Store(path, serving=True)
    for one in beside:
        one.unlink()
    path.write_bytes(copy)
    with closing(Store(path, serving=True)) as again:
        assert len(again.runs(9)) == 1


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 500)
    with pytest.raises(BadRecord, match=r"cannot be read \(file is not a database\)\. Move it away"):
        Store(path)


def test_a_file_in_a_folder_that_is_not_there_cannot_be_created(tmp_path: Path) -> None:
    words = r"cannot be opened or created \(No such file or directory\)\. Set GONOGO_STATE to a file in a folder"
    for serving in (True, False):
        with pytest.raises(BadRecord, match=words):
            Store(tmp_path / "none" / "gonogo.db", serving=serving)


# -- reading and writing --------------------------------------------------------------------------------------------


def test_a_failed_read_is_a_sentence(path: Path) -> None:
    with (
        pytest.raises(BadRecord, match=r"cannot be read now \(disk I/O error\)\. Check the bot's disk"),
        readable(path),
    ):
        raise sqlite3.OperationalError("disk I/O error")


def test_a_failed_write_is_a_sentence_and_is_undone(path: Path, connection: sqlite3.Connection) -> None:
    words = r"cannot be written now \(disk I/O error\)\. Check the bot's disk and the file's permissions\. Nothing was"
    with pytest.raises(BadRecord, match=words), transaction(connection, path):
        connection.execute("INSERT INTO notes VALUES ('a')")
        raise sqlite3.OperationalError("disk I/O error")
    assert texts(connection) == []


def test_a_write_that_another_program_keeps_out_says_how_to_find_it(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    words = r"\(database is locked\)\. Another program keeps it locked, .* \(`fuser -v \S+` lists all\)\. Nothing was"
    with pytest.raises(BadRecord, match=words), transaction(connection, path):
        connection.execute("INSERT INTO notes VALUES ('a')")
    other.close()
    with transaction(connection, path):
        connection.execute("INSERT INTO notes VALUES ('a')")
    assert texts(connection) == ["a"]


def test_any_other_error_in_a_write_is_undone_and_passed_on(path: Path, connection: sqlite3.Connection) -> None:
    with pytest.raises(KeyboardInterrupt), transaction(connection, path):
        connection.execute("INSERT INTO notes VALUES ('a')")
        raise KeyboardInterrupt
    assert texts(connection) == []
    with transaction(connection, path):
        connection.execute("INSERT INTO notes VALUES ('b')")
    assert texts(connection) == ["b"]
    assert not connection.in_transaction


def test_a_row_that_exists_already_is_passed_on_as_such(path: Path, connection: sqlite3.Connection) -> None:
    with transaction(connection, path):
        connection.execute("INSERT INTO notes VALUES ('a')")
    with pytest.raises(sqlite3.IntegrityError), transaction(connection, path):
        connection.execute("INSERT INTO notes VALUES ('b')")
        connection.execute("INSERT INTO notes VALUES ('a')")
    assert texts(connection) == ["a"]


def test_on_a_full_disk_a_write_is_a_sentence_and_nothing_is_half_written(store: Store, run: Run) -> None:
    fill(store)
    before = len(store.events(run.id, limit=5000))
    large = [event("one", {"words": "x" * 9000}), event("two", {"words": "y" * 9000})]
    words = r"cannot be written now \(.*full.*\)\. Free space on the bot's disk\. Nothing was saved"
    with pytest.raises(BadRecord, match=words):
        store.add_events(run.id, NOON, *large)
    assert len(store.events(run.id, limit=5000)) == before
    make_room(store)
    store.add_events(run.id, NOON, *large)
    assert [event.data.stored_kind for event in store.events(run.id, limit=5000)][-2:] == ["one", "two"]

"""A record file in trouble: damaged, full, or not there to be made; each is one sentence, and nothing half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import BadRecord
from state.facts import Actor, Door
from state.records import Run
from state.sqlite.store import Store
from tests.pages import NOON, event, small

PEOPLE = {"dba": frozenset({"U2"}), "lead": frozenset({"U3"})}


def begun(store: Store) -> Run:
    """A run in the record."""
    return start(store, small(), StartRequest(), Actor(person="U1", door=Door.TERMINAL), PEOPLE, NOON)


def fill(store: Store, *, pages: int = 4) -> None:
    """Let the file grow by at most some pages more, and fill them up."""
    count = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {count + pages}")
    for length in (1500, 150, 1):
        with pytest.raises(BadRecord):
            for _ in range(1000):
                store.add_events(1, NOON, event("filler", {"words": "x" * length}))


def make_room(store: Store) -> None:
    """Somebody empties the disk."""
    store._connection.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.parametrize("page", [1, 2, 5, 9])
def test_flipped_bytes_anywhere_are_refused_when_a_bot_would_serve_it(tmp_path: Path, page: int) -> None:
    path = tmp_path / "gonogo.db"
    store = Store(path)
    begun(store)
    store.close()
    data = bytearray(path.read_bytes())
    begins = (page - 1) * 4096 + (100 if page == 1 else 0)  # the file's own header stands before the first page's
    for place in range(begins, begins + 8):
        data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(BadRecord, match="move it away and start with a new one, or restore a copy"):
        Store(path, serving=True)


def test_a_refused_record_gives_its_lock_back(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    path.write_bytes(b"this is no record at all" * 400)
    for _ in range(2):
        with pytest.raises(BadRecord, match="file is not a database"):
            Store(path, serving=True)


def test_a_full_disk_is_one_sentence_and_nothing_half_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = begun(store)
    fill(store)
    told = len(store.events(run.id, limit=5000))
    news = [event("one", {"words": "x" * 9000}), event("two", {"words": "y" * 9000})]
    with pytest.raises(
        BadRecord, match=r"takes no writes now .*full.*: make room on the bot's disk; this was not noted"
    ):
        store.add_events(run.id, NOON, *news)
    assert len(store.events(run.id, limit=5000)) == told
    make_room(store)
    store.add_events(run.id, NOON, *news)
    assert [event.data.stored_kind for event in store.events(run.id, limit=5000)][-2:] == ["one", "two"]
    store.close()


def test_the_lock_in_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match="cannot be opened or made there"):
        Store(tmp_path / "none" / "gonogo.db", serving=True)

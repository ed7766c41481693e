"""An open state file and its lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from state.errors import BadRecord
from state.sqlite.lock import is_served
from state.sqlite.store import Store


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

"""The doctor's checks of the state file, on real files: new, served, damaged."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.doctor import record
from bot.doctor.record import check_mirrors, check_record
from state.sqlite.store import Store
from tests.read_only import read_only


def lines(path: Path) -> list[str]:
    """The lines about a state file."""
    return [str(line) for line in check_record(path)]


def test_a_state_file_that_does_not_exist_yet_is_ok_and_is_not_created(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    assert lines(path)[1:] == [f"ok    state file: {path} does not exist yet; the first start creates it"]
    assert not list(tmp_path.iterdir())


def test_it_says_whether_a_bot_serves_the_state_file(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    store = Store(path, serving=True)
    assert lines(path)[1:] == [
        f"ok    state file: {path} is intact and writable",
        "ok    state file: a bot is serving it",
    ]
    store.close()
    assert lines(path)[-1] == "warn  state file: no bot is serving it: start it with `gonogo serve`"


def test_a_damaged_state_file_is_a_failure_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    Store(path).close()
    data = bytearray(path.read_bytes())
    data[4096:4196] = bytes(100)
    path.write_bytes(data)
    last = lines(path)[-1]
    assert last.startswith(f"fail  state file: {path} is damaged (")
    assert "move it away, and with it gonogo.db-wal and gonogo.db-shm if they are there" in last


def test_a_file_that_is_no_state_file_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    path.write_text("this is a text file, and no state file at all")
    assert "is damaged (file is not a database)" in lines(path)[-1]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    assert lines(folder / "gonogo.db") == [
        f"fail  state file: the folder {folder} does not exist or is not writable: fix the folder, or set GONOGO_STATE"
    ]


def test_too_little_disk_space_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=record.MINIMUM_SPACE - 1))
    assert lines(tmp_path / "gonogo.db")[0] == (
        "fail  state file: only 0.2 GB free on the bot's machine: free some space: a bot that cannot write stops acting"
    )


def test_a_state_file_of_another_user_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gonogo.db"
    Store(path).close()
    monkeypatch.setattr(os, "access", lambda asked, _: Path(asked) != path)
    assert lines(path)[-1] == (
        f"fail  state file: this user cannot read and write {path}: give the file to the bot's user"
    )


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_state_file_on_a_disk_that_turned_read_only_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    Store(path).close()
    with read_only(path):
        # as root, and where the kernel says it only to whoever writes, the permissions look well
        found = lines(path)[-1]
    assert found.startswith(("fail  state file: this user cannot", f"fail  state file: {path} cannot be written ("))
    store = Store(path, serving=True)
    store.opened._connection.execute("BEGIN IMMEDIATE")  # a bot that writes right now
    assert "is intact and writable" in lines(path)[-2]
    store.close()


def test_a_folder_that_can_hold_no_mirrors_is_a_warning_and_none_is_made(tmp_path: Path) -> None:
    assert check_mirrors(None) == []
    folder = tmp_path / "a" / "mirrors"
    (line,) = map(str, check_mirrors(folder))
    assert line == f"ok    mirrors: they can be kept in {folder}"
    assert not folder.parent.exists()
    folder.parent.write_text("")
    (line,) = map(str, check_mirrors(folder))
    assert line.startswith(f"warn  mirrors: none can be kept in {folder}: {folder.parent} is no folder")

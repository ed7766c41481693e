"""The doctor on real record files: new, served, damaged, in a folder that cannot be written."""

from __future__ import annotations

from pathlib import Path

from bot.doctor.record import look_at_record
from state.sqlite.store import Store


def said(path: Path) -> str:
    """All lines in words."""
    return "\n".join(map(str, look_at_record(path)))


def test_a_record_that_is_not_there_yet_is_well_and_is_not_made(tmp_path: Path) -> None:
    assert "is not there yet" in said(tmp_path / "gonogo.db")
    assert not list(tmp_path.iterdir())


def test_it_says_whether_a_bot_serves_the_record(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db", serving=True)
    assert "a bot serves it" in said(tmp_path / "gonogo.db")
    store.close()
    assert "begin with: gonogo serve" in said(tmp_path / "gonogo.db")


def test_a_damaged_record_is_a_failure_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    Store(path).close()
    data = bytearray(path.read_bytes())
    data[4096:4196] = bytes(100)
    path.write_bytes(data)
    assert "fail  record" in said(path)
    assert "restore a copy" in said(path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert f"the folder {tmp_path / 'none'} is not there" in said(tmp_path / "none" / "gonogo.db")

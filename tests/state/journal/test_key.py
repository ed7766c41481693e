"""The record's key: made once, for its owner only, and never shown."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from state.errors import BadRecord
from state.journal.key import RecordKey, create_key, key_from_text, read_key


def test_a_new_key_is_long_and_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "k"
    key = create_key(path)
    assert key == read_key(path)
    assert len(key.secret) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["k"], "nothing else is left"


def test_many_that_create_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    path, keys = tmp_path / "k", []
    threads = [threading.Thread(target=lambda: keys.append(create_key(path))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1
    assert len(keys) == 20


def test_a_key_shows_its_name_and_not_itself() -> None:
    key = RecordKey(b"0123456789abcdef")
    assert "0123456789abcdef" not in repr(key)
    assert key.id not in "0123456789abcdef"
    assert len(key.id) == 16
    assert RecordKey(b"0123456789abcdeg").id != key.id


@pytest.mark.parametrize("text", ["", " ", "0123456789abcde", "x" * 4097])
def test_a_key_that_is_too_short_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(BadRecord, match="the record's key has 16 to 4096"):
        key_from_text(text, "GONOGO_RECORD_KEY")


def test_white_space_around_a_key_does_not_count() -> None:
    assert key_from_text(" 0123456789abcdef\n", "x") == RecordKey(b"0123456789abcdef")


def test_no_key_is_read_through_a_link_or_a_pipe(tmp_path: Path) -> None:
    create_key(tmp_path / "k")
    (tmp_path / "link").symlink_to(tmp_path / "k")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises(BadRecord, match="The record's key cannot be read from"):
            read_key(tmp_path / name)
    assert read_key(tmp_path / "none") is None


def test_a_key_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(os.urandom(20) + b"\xff")
    with pytest.raises(BadRecord, match="it is not plain text"):
        read_key(tmp_path / "k")


def test_a_key_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match="Set GONOGO_RECORD_KEY, or GONOGO_RECORD_KEY_FILE"):
        create_key(tmp_path / "none" / "k")

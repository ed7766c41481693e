"""No link leads elsewhere, and no file is served that others may write."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from state.errors import BadRecord
from state.sqlite.lock import is_served, take_lock
from state.sqlite.private_file import require_private, weaknesses
from state.sqlite.store import Store
from tests.state.sqlite.samples import old_file

BESIDE = ["", "-wal", "-shm", "-journal", ".lock"]


def beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


@pytest.mark.parametrize("serving", [True, False])
@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_a_link_in_place_of_the_state_file_is_refused_and_its_target_untouched(
    path: Path, tmp_path: Path, end: str, serving: bool
) -> None:
    target = tmp_path / "precious"
    target.write_text("do not lose me")
    beside(path, end).symlink_to(target)
    name = beside(path, end).name
    with pytest.raises(BadRecord, match=rf"\({name} is a symbolic link; name the file itself, or remove it\)"):
        Store(path, serving=serving)
    assert target.read_text() == "do not lose me"


def test_a_link_that_leads_nowhere_creates_nothing(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadRecord, match="is a symbolic link"):
        Store(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_that_is_a_link_is_refused_and_its_target_is_not_emptied(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("do not lose me")
    beside(path, ".lock").symlink_to(target)
    with pytest.raises(BadRecord, match=r"gonogo\.db\.lock is a symbolic link"):
        take_lock(path)
    assert is_served(path), "nothing may act on a record whose lock cannot be taken"
    assert target.read_text() == "do not lose me"


def test_a_lock_keeps_what_is_in_it(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("do not lose me")
    os.link(target, beside(path, ".lock"))
    take_lock(path).close()
    assert target.read_text() == "do not lose me"


def test_a_pipe_in_place_of_the_lock_is_refused_at_once(path: Path) -> None:
    os.mkfifo(beside(path, ".lock"))
    with pytest.raises(BadRecord, match=r"gonogo\.db\.lock is not a regular file; remove it"):
        take_lock(path)


def test_all_files_are_created_for_their_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Store(path, serving=True)) as store:
            store.put_in_force({})
            modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}, modes
    assert len(modes) == 4, modes


def test_a_copy_of_an_older_file_is_not_written_through_a_link(path: Path, tmp_path: Path) -> None:
    old_file(path, 1)
    target = tmp_path / "precious"
    target.write_text("do not lose me")
    path.with_name(f"gonogo.db.shape-1.{os.getpid()}.part").symlink_to(target)
    Store(path).close()
    assert target.read_text() == "do not lose me"
    assert path.with_name("gonogo.db.shape-1").is_file()


@pytest.mark.parametrize("end", BESIDE)
def test_a_file_that_everybody_may_write_is_not_served(path: Path, end: str) -> None:
    Store(path).close()
    beside(path, end).touch()
    beside(path, end).chmod(0o602)
    with pytest.raises(BadRecord, match=rf"is not safe: every user of this machine may write .*{end}\. Whoever"):
        require_private(path)
    beside(path, end).chmod(0o600)
    require_private(path)


@pytest.mark.parametrize(("mode", "grave"), [(0o777, [True]), (0o1777, [False]), (0o770, []), (0o700, [])])
def test_a_folder_in_which_everybody_may_write_is_a_weakness(path: Path, mode: int, grave: list[bool]) -> None:
    path.parent.chmod(mode)
    assert [weak.grave for weak in weaknesses(path)] == grave


def test_a_file_that_everybody_may_read_is_named_and_still_served(path: Path) -> None:
    Store(path).close()
    path.chmod(0o644)
    (weak,) = weaknesses(path)
    assert (weak.problem, weak.grave) == (f"every user of this machine may read {path}", False)
    require_private(path)


def test_only_its_owner_serves_a_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(path).close()
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(BadRecord, match=r"belongs to .*, and this process runs as .*\. Only its owner may serve it"):
        require_private(path)


def test_a_file_that_does_not_exist_yet_is_no_weakness(path: Path) -> None:
    require_private(path)
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize(("mode", "what"), [(0o666, "write"), (0o604, "read")])
def test_a_key_that_everybody_may_use_is_not_served(path: Path, mode: int, what: str) -> None:
    Store(path).close()
    beside(path, ".key").write_text("0" * 64)
    beside(path, ".key").chmod(mode)
    with pytest.raises(BadRecord, match=f"every user of this machine may {what} the record's key"):
        require_private(path)


@pytest.mark.parametrize(("key", "state", "problems"), [(0o600, 0o600, 0), (0o640, 0o660, 0), (0o640, 0o600, 1)])
def test_a_group_may_read_the_key_of_a_state_file_that_it_shares(
    path: Path, key: int, state: int, problems: int
) -> None:
    Store(path).close()
    beside(path, ".key").write_text("0" * 64)
    beside(path, ".key").chmod(key)
    path.chmod(state)
    require_private(path)
    assert len([weak for weak in weaknesses(path) if "record's key" in weak.problem]) == problems


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to somebody else")
def test_a_key_of_another_user_is_not_served(path: Path) -> None:
    Store(path).close()
    beside(path, ".key").write_text("0" * 64)
    beside(path, ".key").chmod(0o600)
    os.chown(beside(path, ".key"), 12345, -1)
    with pytest.raises(BadRecord, match=r"record's key .* belongs to user 12345"):
        require_private(path)

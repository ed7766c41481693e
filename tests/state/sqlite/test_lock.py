"""The lock of a state file: one process serves it, and anybody can see that."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from state.errors import BadRecord
from state.facts import RollbackRequest
from state.sqlite.lock import is_served, take_lock
from state.sqlite.store import Store
from tests.pages import NOON, event
from tests.state.sqlite.samples import STARTED, U1, new_run

# takes the lock, says so, and keeps it until somebody presses return
HOLD = """
import pathlib, sys
from state.sqlite.lock import take_lock
lock = take_lock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
input()
"""


def test_a_second_process_is_refused_until_the_first_gives_the_lock_back(path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(
            BadRecord, match=r"gonogo\.db is in use: another gonogo is serving it\. Stop that one first\.$"
        ):
            take_lock(path)
        assert is_served(path)
        other.communicate(b"\n")
    take_lock(path).close()
    assert not is_served(path)


def test_who_only_looks_does_not_keep_the_lock(path: Path) -> None:
    assert not is_served(path)
    take_lock(path).close()


def test_the_lock_is_a_file_beside_the_state_file(path: Path) -> None:
    with take_lock(path):
        assert [file.name for file in path.parent.iterdir()] == ["gonogo.db.lock"]


def test_a_lock_that_is_held_for_a_moment_only_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, waits = take_lock(path), []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            held.close()

    monkeypatch.setattr(time, "sleep", wait)
    take_lock(path).close()
    assert waits == [0.05] * 4


def test_a_lock_in_a_folder_that_is_not_there_cannot_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "none" / "gonogo.db"
    with pytest.raises(
        BadRecord, match=r"cannot be opened or created \(No such file or directory\)\. Set GONOGO_STATE"
    ):
        take_lock(path)
    assert is_served(path), "nothing may act on a record whose lock cannot be taken"


@pytest.mark.parametrize("replaced", [False, True])
def test_a_bot_whose_lock_file_was_removed_begins_no_step(path: Path, replaced: bool) -> None:
    with closing(Store(path, serving=True)) as store, ExitStack() as others:
        run = store.start_run(new_run(), NOON, STARTED)
        store.begin_attempt(run.id, "backup", 1, NOON, event("began"))
        path.with_name(f"{path.name}.lock").unlink()
        if replaced:
            others.enter_context(closing(Store(path, serving=True)))
        with pytest.raises(BadRecord, match="was removed or replaced while this bot served the state file"):
            store.begin_attempt(run.id, "deploy", 1, NOON, event("began"))
        assert store.record(run.id).last("deploy") is None
        assert store.add_fact(run.id, RollbackRequest(by=U1, at=NOON)), "whoever stops the run is written all the same"

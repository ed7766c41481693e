"""A state file of several system users, as docs/operating.md says; another user acts on it."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from state.facts import Actor, Door, Hold, Keep
from state.journal.key import key_beside
from state.sqlite.store import Store
from tests.bot.doors.terminal_users import put_in_force
from tests.bot.slack.run_writer import PAGE, RunWriter, deps_of
from tests.pages import NOON

PEER = Actor(person="postgres", door=Door.TERMINAL, account="postgres@web1")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A state file with one run, whose folder belongs to the group of user postgres."""
    if os.getuid() != 0:
        pytest.skip("only root may act as another user")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    path = folder / "gonogo.db"
    put_in_force(path)
    with closing(Store(path, serving=True)) as store:
        store.make_key()
        RunWriter(store, deps_of(store), PAGE).start_run()
    group = pwd.getpwnam("postgres").pw_gid
    for file in (folder, *folder.iterdir()):
        os.chown(file, 0, group)
        file.chmod(0o2770 if file.is_dir() else 0o640 if file == key_beside(path) else 0o660)
    yield path
    shutil.rmtree(folder)


def as_postgres(act: Callable[[], bool]) -> bool:
    """Whether something is true for a process of user postgres."""
    child = os.fork()
    if child == 0:
        good = False
        try:
            user = pwd.getpwnam("postgres")
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            good = act()
        finally:
            os._exit(0 if good else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_who_shares_file_and_key_signs_with_it(shared: Path) -> None:
    def keep() -> bool:
        with closing(Store(shared)) as store:
            return store.key_problem() == "" and store.add_fact(1, Keep(by=PEER, at=NOON))

    assert as_postgres(keep)
    with closing(Store(shared)) as store:
        assert store.record(1).keep
        assert store.changes(1) == []


def test_who_shares_the_file_and_not_the_key_only_stops(shared: Path) -> None:
    key_beside(shared).chmod(0o600)

    def hold() -> bool:
        with closing(Store(shared)) as store:
            problem = store.key_problem()
            return "cannot be read" in problem and store.add_fact(1, Hold(by=PEER, at=NOON, number=0))

    assert as_postgres(hold)
    with closing(Store(shared)) as store:
        assert store.changes(1) == []
        assert len(store.record(1).facts) == 1

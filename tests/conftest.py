"""The real servers of the tests, one of each per worker, and which files begin first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.ssh_server import SshServer

# what takes minutes, or builds a whole target of its own; by the file's path, and in this order
LONGEST = (
    "tests/crash/test_soak",
    "tests/crash/test_full_page",
    "tests/crash/",
    "tests/bot/rehearsal/target/",
    "tests/bot/drill_box/",
)


# A shell that starts the tests in the background lets them ignore SIGINT, and so would every program they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# a developer's own .env is no part of a test; one that tests it names its file
os.environ["GONOGO_ENV_FILE"] = ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers the longest files begin first, so that no worker is alone with one at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))


def make_host(folder: Path) -> Host:
    """An empty host in a folder."""
    host = Host(folder, folder)
    for inside in (host.home, host.keys, host.logs):
        inside.mkdir(exist_ok=True)
    return host


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """A running SSH server with its own keys and home."""
    host = make_host(tmp_path_factory.mktemp("ssh"))
    server = SshServer(host)
    server.start()
    yield server
    host.stop_processes()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running PostgreSQL with the empty databases and roles of the old DJ-System."""
    host = make_host(tmp_path_factory.mktemp("postgres"))
    server = Postgres(host)
    server.start()
    yield server
    server.stop()
    host.stop_processes()

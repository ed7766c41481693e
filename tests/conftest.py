"""The real servers that tools and step kinds are tested on: an SSH server and a PostgreSQL, one of each for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.box import Box
from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.ssh import Ssh


def make_box(folder: Path) -> Box:
    """An empty box in a folder."""
    box = Box(folder, folder)
    for each in (box.home, box.keys, box.logs):
        each.mkdir(exist_ok=True)
    return box


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    """A running SSH server with its own keys and home."""
    box = make_box(tmp_path_factory.mktemp("ssh"))
    server = Ssh(box)
    server.start()
    yield server
    box.end_all()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running PostgreSQL with the old DJ-System's tables."""
    box = make_box(tmp_path_factory.mktemp("postgres"))
    server = Postgres(box)
    server.start()
    yield server
    server.stop()
    box.end_all()

"""One stage for all tests of single moments, on an event loop that lives as long; and a place for those that set up their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.point import Point
from tests.crash.stage import Stage, stage

Play = Callable[[Callable[[Point], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short name: pm2's sockets lie deep below it, and the path of a socket has 107 characters at most."""
    return tmp_path_factory.mktemp("p")


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """The loop in which workspace and wires serve."""
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="session")
def here(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage, without a bot to begin with."""
    made = stage(tmp_path_factory.mktemp("crash"))
    yield runner.run(made.__aenter__())
    runner.run(made.__aexit__(None, None, None))


@pytest.fixture
def play(runner: asyncio.Runner, here: Stage, request: pytest.FixtureRequest) -> Iterator[Play]:
    """Plays a test's story; the bot is ended and the run given up afterwards, so that the next test finds a free target."""
    folder = here.folder / request.node.name[:60]
    folder.mkdir()
    point = Point(here, folder)
    yield lambda story: runner.run(story(point))
    runner.run(here.bot.end())
    for wire in here.wires.values():
        wire.let_go()
    point.give_up()

"""One sandbox for all tests of single moments, and folders for the tests that open their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.sandbox import Sandbox, open_sandbox
from tests.crash.single_run import SingleRun

Play = Callable[[Callable[[SingleRun], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def short_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short name: pm2's sockets are deep below it, and a socket's path has at most 107 characters."""
    return tmp_path_factory.mktemp("p")


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """The event loop of the workspace and the proxies."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def sandbox(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox, at first without a bot."""
    opened = open_sandbox(tmp_path_factory.mktemp("crash"))
    yield runner.run(opened.__aenter__())
    runner.run(opened.__aexit__(None, None, None))


@pytest.fixture
def play(runner: asyncio.Runner, sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Play]:
    """Runs a test's coroutine; afterwards stops the bot and abandons the run, so that the target is free again."""
    folder = sandbox.folder / request.node.name[:60]
    folder.mkdir()
    single = SingleRun(sandbox, folder)
    yield lambda test: runner.run(test(single))
    sandbox.bot.stop()
    for proxy in sandbox.proxies.values():
        proxy.release()
    single.abandon()

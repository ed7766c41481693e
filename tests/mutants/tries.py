"""A pytest plugin for mutants: quick tests go first, and none may take much longer."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

STATS = Path("mutmut-stats.json")  # written by mutmut in the folder where it tries the mutants
TIMES, GRACE = 4.0, 2.0  # times what a test took without a mutant, and seconds beside
AROUND = 20.0  # seconds for what is started before a test, and as many for what is ended after it


class Tries:
    """Knows what each test took without a mutant."""

    def __init__(self, took: dict[str, float]) -> None:
        self._took = took

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Begin with the quickest, so that most mutants are noticed soon."""
        items.sort(key=lambda item: self._took.get(item.nodeid, 0.0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Before a test."""
        _end_after(AROUND)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """The test itself."""
        _end_after(self._took.get(item.nodeid, 0.0) * TIMES + GRACE)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        """After it."""
        _end_after(AROUND)


def _end_after(seconds: float) -> None:
    """Nobody takes this signal, so that it ends the whole process, whatever its threads wait for."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def pytest_configure(config: pytest.Config) -> None:
    """While mutmut still measures what each test takes, all stays as it is."""
    if STATS.exists():
        config.pluginmanager.register(Tries(json.loads(STATS.read_text())["duration_by_test"]))


def pytest_unconfigure() -> None:
    """Stop the clock."""
    _end_after(0)

"""A runner, an engine, a factory of contexts, and a whole run in its watch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.run.context_case import ContextCase
from tests.commands.run.driven_runner import DrivenRunner
from tests.commands.run.engine_case import EngineCase
from tests.simulated_run import SimulatedRun, running


@pytest.fixture
def driven(tmp_path: Path) -> Iterator[DrivenRunner]:
    """A runner that the test drives or starts."""
    made = DrivenRunner(tmp_path)
    yield made
    made.close()


@pytest.fixture
def engine_case(tmp_path: Path) -> Iterator[EngineCase]:
    """An engine that the test starts."""
    made = EngineCase(tmp_path)
    yield made
    made.engine.stop()
    made.store.close()


@pytest.fixture
def context_case(tmp_path: Path) -> Iterator[ContextCase]:
    """A run whose contexts the test makes."""
    made = ContextCase(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    """Option A in its watch."""
    sim = SimulatedRun(tmp_path)
    sim.engine.start()
    sim.advance(until=running(sim, "the watch"))
    yield sim
    sim.close()

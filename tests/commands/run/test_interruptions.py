"""How often a step was cut off by the end of the bot is counted, for each attempt by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.run.engine import Engine
from state.events import StepInterrupted
from tests.simulated_run import SimulatedRun, running

STEP = "backend-install"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    """Option A, not started yet."""
    sim = SimulatedRun(tmp_path)
    yield sim
    sim.close()


def interruptions(sim: SimulatedRun) -> list[tuple[str, int, int]]:
    """The step, the attempt and the number of begins of each interruption."""
    events = (event for event in sim.events("interrupted"))
    return [(e.step, e.data.attempt, e.data.times) for e in events if isinstance(e.data, StepInterrupted)]


def test_each_restart_in_the_middle_of_a_step_is_counted(sim: SimulatedRun) -> None:
    sim.world.hang("npm ci --omit=dev")
    sim.engine.start()
    sim.advance(until=running(sim, STEP))
    engine: Engine = sim.engine
    for begins in (2, 3):
        engine.stop()
        engine = sim.engine = sim.new_engine()
        engine.start()
        sim.advance(until=lambda n=begins: len(interruptions(sim)) == n - 1)  # type: ignore[misc]
    sim.world.finish("npm ci --omit=dev")
    sim.advance(until=lambda: not running(sim, STEP)())
    assert interruptions(sim) == [(STEP, 1, 2), (STEP, 1, 3)]

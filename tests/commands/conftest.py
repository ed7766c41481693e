"""What several tests of whole runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.run.engine import Engine
from tests.simulated_run import SimulatedRun


@pytest.fixture
def second_engine(sim: SimulatedRun) -> Iterator[Engine]:
    """A second engine on the same state file; the test starts it after the first one has stopped."""
    engine = sim.new_engine()
    yield engine
    engine.stop()

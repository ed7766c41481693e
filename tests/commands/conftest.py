"""What several tests of whole runs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.run.engine import Engine
from tests.show import Show


@pytest.fixture
def another(show: Show) -> Iterator[Engine]:
    """A second engine on the same record, which the test starts after the first one has stopped."""
    engine = show.new_engine()
    yield engine
    engine.stop()

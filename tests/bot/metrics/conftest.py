"""What is outside of a bot that is watched: a receiver of heartbeats, and a workspace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.metrics.receiver import Receiver
from tests.bot.metrics.workspace_box import Box
from tests.served import served


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that serves."""
    with served(Receiver()) as server:
        yield server


@pytest.fixture
def box() -> Iterator[Box]:
    """A workspace that serves."""
    box = Box()
    yield box
    box.close()

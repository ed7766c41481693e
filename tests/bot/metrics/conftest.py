"""What is outside of a bot that is watched: a receiver of heartbeats, and a workspace."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.bot.metrics.receiver import Receiver
from tests.bot.metrics.workspace_box import Box


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that serves."""
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.hangs.clear()
    server.shutdown()
    server.server_close()


@pytest.fixture
def box() -> Iterator[Box]:
    """A workspace that serves."""
    box = Box()
    yield box
    box.close()

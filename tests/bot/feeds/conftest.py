"""Who is told of runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.bot.feeds.event_receiver import EventReceiver
from tests.bot.feeds.otlp_receiver import OtlpReceiver


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    """A receiver of events that serves."""
    server = EventReceiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.hangs.clear()
    server.shutdown()
    server.server_close()


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    """A receiver of traces that serves."""
    server = OtlpReceiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.hangs.clear()
    server.shutdown()
    server.server_close()

"""Who is told of runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.feeds.event_receiver import EventReceiver
from tests.bot.feeds.otlp_receiver import OtlpReceiver
from tests.served import served


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    """A receiver of events that serves."""
    with served(EventReceiver()) as server:
        yield server


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    """A receiver of traces that serves."""
    with served(OtlpReceiver()) as server:
        yield server

"""A queue case on each database that may hold the record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commands.queue.queue_case import QueueCase
from tests.state.kept import Kept, kept

__all__ = ["kept"]


@pytest.fixture
def case(kept: Kept) -> Iterator[QueueCase]:
    """A queue case on a new record."""
    store = kept.open()
    yield QueueCase(store)
    store.close()

"""What an outbox asks of the place to which it sends."""

from __future__ import annotations

from typing import Protocol

from bot.tools.outside_address import NotTaken
from state.records import Event, Run
from state.store import RecordStore
from state.store.database import Duty


class RunFeed(Protocol):
    """What is sent of one run. It is asked for each event in order, and again for one that was not taken."""

    def send(self, event: Event) -> NotTaken | None:
        """Send what the event says, if anything. None once that was taken."""
        ...


class Destination(Protocol):
    """A place that is told of runs. `what` is sent there, and `name` says where that is set; for the log."""

    duty: Duty
    what: str
    name: str

    def feed(self, store: RecordStore, run: Run, told: int) -> RunFeed:
        """The feed of a run whose events up to `told` were sent. Raises BadRecord."""
        ...

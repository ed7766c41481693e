"""Where health and metrics come from, and what is read from the record within a limit of time."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Protocol

from bot.metrics.bounded import Bounded
from bot.metrics.health import Health
from bot.metrics.numbers import Numbers, read_numbers
from commands.run.engine import Engine
from state.errors import BadRecord
from state.store import RecordStore

LOG = logging.getLogger("gonogo.metrics")
READ_LIMIT = 5.0  # seconds; Prometheus itself gives a scrape up after 10


class Slack(Protocol):
    """What the part that serves Slack says of itself; see `bot.slack.presence.Presence`."""

    limited: int

    def hears(self, seconds: float) -> bool | None:
        """Whether Slack is heard now; None if no answer comes within so many seconds."""
        ...


class Sources:
    """The parts of one bot. `slack` is None for a bot without Slack.

    A run that ended longer ago than `posted_for` is not posted to Slack any more.
    """

    def __init__(self, engine: Engine, store: RecordStore, slack: Slack | None, posted_for: timedelta) -> None:
        self.health = Health(engine, store, slack.hears if slack else None)
        self.vitals = engine.vitals
        self.slack = slack
        self._numbers = Bounded(lambda: read_numbers(engine, store, posted_for if slack else None))

    def numbers(self) -> Numbers | None:
        """What is read from the record; None if that does not answer now."""
        try:
            return self._numbers.ask(READ_LIMIT)
        except (BadRecord, TimeoutError):
            return None
        except Exception as error:  # a row that somebody put there hides no other metric
            LOG.warning("metrics of the record are left out: %s", type(error).__name__)
            return None

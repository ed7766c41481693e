"""The outboxes that the settings ask for; nothing else is imported, so a start stays fast."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.settings import Settings
from state.errors import BadSettings
from state.store import RecordStore

if TYPE_CHECKING:
    from bot.feeds.outbox import Outbox
    from bot.feeds.traces import Traces

LOG = logging.getLogger("gonogo.feeds")


class Feeds:
    """Sends to the places that are set, from `start` to `stop`."""

    def __init__(self) -> None:
        self._outboxes: list[Outbox] = []

    def start(self, settings: Settings, store: RecordStore) -> None:
        """Send what each run of the record says."""
        if settings.events_url:
            from bot.feeds.outbox import Outbox
            from bot.feeds.webhook import Webhook

            self._outboxes.append(Outbox(store, Webhook(settings)))
        if traces := _traces(settings):
            from bot.feeds.outbox import Outbox

            self._outboxes.append(Outbox(store, traces))
        for outbox in self._outboxes:
            outbox.start()

    def stop(self) -> None:
        """Send no more. Called before the record is left, so that other bots go on at once."""
        for outbox in self._outboxes:
            outbox.stop()


def _traces(settings: Settings) -> Traces | None:
    """Where traces are sent; None if nowhere. What is wrong is one line in the log: a bot works without them."""
    if not any(name.startswith("OTEL_EXPORTER_OTLP_") for name in settings.environ):
        return None
    from bot.feeds.otlp_settings import read_otlp_settings
    from bot.feeds.traces import MISSING, Traces, is_installed

    try:
        wanted = read_otlp_settings(settings.environ)
        if wanted and is_installed():
            return Traces(wanted, settings.environ)
    except BadSettings as error:
        LOG.warning("traces are not sent: %s", error)
        return None
    if wanted:
        LOG.warning("%s", MISSING)
    return None

"""The outboxes that the settings ask for; nothing else is imported, so a start stays fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.settings import Settings
from state.store import RecordStore

if TYPE_CHECKING:
    from bot.feeds.outbox import Outbox


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
        for outbox in self._outboxes:
            outbox.start()

    def stop(self) -> None:
        """Send no more. Called before the record is left, so that other bots go on at once."""
        for outbox in self._outboxes:
            outbox.stop()

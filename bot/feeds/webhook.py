"""The webhook: each event of a run as a signed CloudEvent, to the address in GONOGO_EVENTS_URL."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bot.feeds.cloud_event import CONTENT_TYPE, Mask, cloud_event, encoded, event_id
from bot.feeds.event_types import TEST
from bot.settings import Settings
from bot.tools.outside_address import NotTaken, OutsideAddress
from bot.tools.standard_webhooks import signed_headers
from state.records import Event, Run
from state.store import RecordStore
from state.store.database import Duty


class Webhook:
    """See `bot.feeds.destination.Destination`."""

    duty = Duty.EVENTS
    what = "events"
    name = "the address in GONOGO_EVENTS_URL"

    def __init__(self, settings: Settings) -> None:
        self.environ = settings.environ
        self._secret = settings.events_secret
        self._address = OutsideAddress(settings.events_url, settings.environ)

    def feed(self, store: RecordStore, run: Run, told: int) -> WebhookFeed:  # noqa: ARG002  each event says all
        """See `bot.feeds.destination.Destination.feed`."""
        return WebhookFeed(self, run)

    def close(self) -> None:
        """Close the connections to the address."""
        self._address.close()

    def post(self, message: str, body: bytes) -> NotTaken | None:
        """Send a message with this id. None once it was taken."""
        headers = signed_headers(self._secret, message, int(time.time()), body)
        return self._address.call("POST", {"Content-Type": CONTENT_TYPE, **headers}, body)

    def post_test(self) -> str:
        """Send an event that belongs to no run. Empty once it was taken; otherwise why not."""
        now = datetime.now(UTC)
        message = f"test-{now:%Y%m%dT%H%M%S%f}"
        body = encoded(id=message, source="/gonogo", type=TEST, time=now.isoformat(), subject="test", data={})
        not_taken = self.post(message, body)
        return not_taken.why if not_taken else ""


class WebhookFeed:
    """See `bot.feeds.destination.RunFeed`."""

    def __init__(self, webhook: Webhook, run: Run) -> None:
        self._webhook = webhook
        self._run = run
        self._mask = Mask(run, webhook.environ)

    def send(self, event: Event) -> NotTaken | None:
        """See `bot.feeds.destination.RunFeed.send`."""
        body = cloud_event(self._run, event, self._mask)
        return self._webhook.post(event_id(self._run, event), body) if body else None

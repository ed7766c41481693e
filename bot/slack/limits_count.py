"""Counts how often Slack says that the bot asks too much."""

from __future__ import annotations

from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

from bot.slack.presence import Presence


class LimitsCount(AsyncRetryHandler):
    """Sees the answer to each attempt of a client, and lets it retry none."""

    def __init__(self, presence: Presence) -> None:
        super().__init__()
        self._presence = presence

    async def can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002  the library's signature
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        """No; an answer with status 429 is counted."""
        if response is not None and error is None and response.status_code == 429:
            self._presence.limited += 1
        return False

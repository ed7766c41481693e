"""Sending to Slack: waits out limits and outages, never posts twice, and hands back what Slack refuses."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.views.blocks import Message, Upload

LOG = logging.getLogger("gonogo.slack")
T = TypeVar("T")
EVENT_TYPE = "gonogo_event"
# what time or an administrator mends; everything else is about the message itself
PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
BLOCKED = {
    "channel_not_found": "The channel does not exist or the bot is not in it: check GONOGO_CHANNEL and invite the bot there.",
    "not_in_channel": "The bot is not in the channel: type /invite and the bot's name there.",
    "is_archived": "The channel is archived: unarchive it, or name another one with GONOGO_CHANNEL.",
    "invalid_auth": "Slack does not accept SLACK_BOT_TOKEN: install the app again and set the new token.",
    "not_authed": "SLACK_BOT_TOKEN is empty: set the app's bot token (xoxb-…).",
    "account_inactive": "The app was removed from the workspace: install it again and set the new SLACK_BOT_TOKEN.",
    "token_revoked": "SLACK_BOT_TOKEN was revoked: install the app again and set the new token.",
    "token_expired": "SLACK_BOT_TOKEN has expired: install the app again and set the new token.",
    "missing_scope": "The app lacks a scope: compare its scopes with manifest.yml and install it again.",
    "restricted_action": "The workspace does not let the bot post in this channel: ask an administrator.",
}
UPDATES_A_MINUTE = 45  # Slack allows 50; the rest is room for a clock that runs a little differently
POSTS_AT_ONCE, APART = 4, 1.0  # Slack takes about one message a second in a channel, after a short burst
FILE_SHOWS = 2.0  # seconds after which a file that was shared shows in its thread
AWAY = 2.0  # seconds between attempts while Slack is away: on its return the card must be true within 5 s
SLOW = 15.0  # seconds between attempts while an administrator is needed


class RefusedBySlack(Exception):
    """Slack refuses this very message; sending it again would not help. The error's name is its text."""


class Sender:
    """Sends for all runs; every method returns when Slack has it, however long that takes."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self._updates: deque[float] = deque(maxlen=UPDATES_A_MINUTE)
        self._even: dict[str, float] = {}  # by channel: when its messages so far, one a second, would all be sent

    async def post(
        self, channel: str, thread: str, message: Message, mark: dict[str, Any], *, look: bool, since: str = ""
    ) -> str:
        """Post once and return the ts. `mark` identifies it; with `look` it may be there already, after `since`.

        Raises RefusedBySlack.
        """
        looking = look

        async def attempt() -> str:
            nonlocal looking
            if looking and (found := await self._find(channel, thread, mark, since)):
                return found
            looking = True  # whatever goes wrong now, it may have been posted
            extra: dict[str, Any] = {"thread_ts": thread} if thread else {}
            if thread and message.broadcast:
                extra["reply_broadcast"] = True
            if message.blocks:
                extra["blocks"] = message.blocks
            metadata = {"event_type": EVENT_TYPE, "event_payload": mark}
            await self._post_budget(channel)
            answer = await self.client.chat_postMessage(
                channel=channel, text=message.text, metadata=metadata, unfurl_links=False, unfurl_media=False, **extra
            )
            return str(answer["ts"])

        return await self._persist("chat.postMessage", attempt)

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Change a message of the bot's own. Raises RefusedBySlack."""

        async def attempt() -> None:
            await self._update_budget()
            await self.client.chat_update(channel=channel, ts=ts, text=message.text, blocks=message.blocks)

        await self._persist("chat.update", attempt)

    async def upload(self, channel: str, thread: str, file: Upload, *, look: bool) -> None:
        """Put a file into the thread once; it is known again by its name. Raises RefusedBySlack."""
        looking = look

        async def attempt() -> None:
            nonlocal looking
            if looking and await self._find_file(channel, thread, file.name):
                return
            looking = True
            await self.client.files_upload_v2(
                channel=channel,
                thread_ts=thread,
                content=file.content,
                filename=file.name,
                title=file.title,
                alt_txt=file.alt or None,
            )

        await self._persist("files.completeUploadExternal", attempt)

    @property
    def crowded(self) -> bool:
        """Whether so many updates were made in the last minute that the less important ones should wait."""
        return self._lately() > UPDATES_A_MINUTE // 2

    @property
    def full(self) -> bool:
        """Whether what is left of the minute's updates belongs to the telling, and redrawing must wait."""
        return self._lately() >= UPDATES_A_MINUTE * 2 // 3

    # -- inside -------------------------------------------------------------------------------------------------

    def _lately(self) -> int:
        """How many updates were made in the last minute."""
        return sum(time.monotonic() - at < 60 for at in self._updates)

    async def _persist(self, method: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat an attempt until Slack takes it. Raises RefusedBySlack."""
        for tried in itertools.count():
            try:
                return await attempt()
            except (SlackApiError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                wait = _wait(error, method, tried)
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _post_budget(self, channel: str) -> None:
        """Wait for this channel's turn. Asking too often costs a refusal, and Slack's patience with the app."""
        now = time.monotonic()
        even = max(now, self._even.get(channel, now)) + APART
        self._even[channel] = even
        await asyncio.sleep(max(0.0, even - now - POSTS_AT_ONCE * APART))

    async def _update_budget(self) -> None:
        if len(self._updates) == UPDATES_A_MINUTE:
            await asyncio.sleep(max(0.0, 60 - (time.monotonic() - self._updates[0])))
        self._updates.append(time.monotonic())

    async def _find(self, channel: str, thread: str, mark: dict[str, Any], since: str) -> str:
        """The ts of the message with this mark, or nothing."""
        async for one in self._messages(channel, thread, since):
            metadata = one.get("metadata", {})
            if metadata.get("event_type") == EVENT_TYPE and metadata.get("event_payload") == mark:
                return str(one["ts"])
        return ""

    async def _find_file(self, channel: str, thread: str, name: str) -> bool:
        await asyncio.sleep(FILE_SHOWS)
        async for one in self._messages(channel, thread, ""):
            if any(file.get("name") == name for file in one.get("files", [])):
                return True
        return False

    async def _messages(self, channel: str, thread: str, since: str) -> AsyncIterator[dict[str, Any]]:
        wanted: dict[str, Any] = {"channel": channel, "limit": 200, "include_all_metadata": True}
        if since:
            wanted |= {"oldest": since, "inclusive": True}
        cursor = ""
        for _ in range(10):
            if thread:
                page = await self.client.conversations_replies(ts=thread, cursor=cursor, **wanted)
            else:
                page = await self.client.conversations_history(cursor=cursor, **wanted)
            for one in page["messages"]:
                yield one
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return


def _said(error: SlackApiError) -> tuple[int, str]:
    """The HTTP status and the error's name, which is empty where something else than Slack's JSON came back."""
    if not isinstance(error.response, AsyncSlackResponse):
        return int(error.response.status), ""
    data = error.response.data
    return error.response.status_code, str(data.get("error", "")) if isinstance(data, dict) else ""


def _wait(error: Exception, method: str, tried: int) -> float:
    """How long to wait before the next attempt, in seconds. Raises RefusedBySlack where waiting does not help."""
    soon = min(0.5 * 2.0 ** min(tried, 5), AWAY)
    if not isinstance(error, SlackApiError):
        LOG.warning("%s: Slack cannot be reached (%s); trying again in %g s", method, type(error).__name__, soon)
        return soon
    status, name = _said(error)
    if status == 429 or name in {"ratelimited", "rate_limited"}:
        wait = float(error.response.headers.get("Retry-After", 1))
        LOG.warning("%s: Slack asks to wait %g s", method, wait)
        return wait
    if status >= 500 or name in PASSING or not name:
        LOG.warning("%s: Slack is in trouble (%s); trying again in %g s", method, name or status, soon)
        return soon
    if name in BLOCKED:
        LOG.error("%s: Slack answers %s. %s", method, name, BLOCKED[name])
        return SLOW
    raise RefusedBySlack(name) from None

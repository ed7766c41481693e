"""Sends to Slack: waits out limits and outages, and posts nothing twice."""

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

from bot.slack.api_error import limited_for, status_and_name
from bot.slack.outbox.identity import EVENT_TYPE, Identity, shows
from bot.slack.views.blocks import Message, Upload

LOG = logging.getLogger("gonogo.slack")
T = TypeVar("T")
# errors that pass by themselves
TEMPORARY = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
# errors about the message itself, by the beginnings of their names: sending it again would not help
ABOUT_THE_MESSAGE = (
    "invalid_", "msg_", "no_text", "too_many_", "metadata_", "message_not_found", "cant_update_message",
    "edit_window_closed", "file_", "slack_connect_file_", "thread_not_found", "cannot_reply_to_message",
)  # fmt: skip
# errors that an administrator must fix
BLOCKED = {
    "channel_not_found": "The channel does not exist or the bot is not in it: check GONOGO_CHANNEL and invite the bot.",
    "not_in_channel": "The bot is not in the channel: type /invite and the bot's name there.",
    "is_archived": "The channel is archived: unarchive it, or set GONOGO_CHANNEL to another one.",
    "invalid_auth": "Slack does not accept SLACK_BOT_TOKEN: install the app again and set the new token.",
    "not_authed": "SLACK_BOT_TOKEN is empty: set the app's bot token (xoxb-…).",
    "account_inactive": "The app was removed from the workspace: install it again and set the new SLACK_BOT_TOKEN.",
    "token_revoked": "SLACK_BOT_TOKEN was revoked: install the app again and set the new token.",
    "token_expired": "SLACK_BOT_TOKEN has expired: install the app again and set the new token.",
    "missing_scope": "The app lacks a scope: compare its scopes with manifest.yml and install it again.",
    "restricted_action": "The workspace does not allow the bot to post in this channel: ask an administrator.",
}
UPDATES_PER_MINUTE = 45  # Slack allows 50; the rest is a margin for a different clock
BURST, POST_INTERVAL = 4, 1.0  # Slack takes about one message a second in a channel, after a short burst
FILE_DELAY = 2.0  # seconds until a shared file appears in its thread
RETRY_LIMIT = 2.0  # seconds between attempts, at most; when Slack is back the card must be true within 5 s
BLOCKED_RETRY = 15.0  # seconds between attempts while an administrator is needed
UNKNOWN_RETRY_LIMIT = 60.0  # seconds between attempts after an error that the bot does not know, at most


class RefusedBySlack(Exception):
    """Slack refuses this message, and sending it again would not help. The text is Slack's name of the error."""


class Sender:
    """Sends for all runs. Every method returns once Slack has accepted it, however long that takes."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self._updates: deque[float] = deque(maxlen=UPDATES_PER_MINUTE)
        # by channel: when all its messages so far would be sent at one message a second
        self._next_post: dict[str, float] = {}

    async def post(
        self,
        channel: str,
        thread: str,
        message: Message,
        identity: Identity,
        *,
        may_exist: bool,
        after: str = "",
    ) -> str:
        """Post once, and return the ts. With `may_exist` the message is first looked for, after the ts `after`.

        `identity` is the metadata by which the message is found. Raises RefusedBySlack.
        """
        may_be_posted = may_exist

        async def attempt() -> str:
            nonlocal may_be_posted
            if may_be_posted and (ts := await self._find(channel, thread, identity, after)):
                return ts
            may_be_posted = True  # if this attempt fails, the message may be there all the same
            extra: dict[str, Any] = {"thread_ts": thread} if thread else {}
            if thread and message.broadcast:
                extra["reply_broadcast"] = True
            if message.blocks:
                extra["blocks"] = message.blocks
            metadata = {"event_type": EVENT_TYPE, "event_payload": identity}
            await self._wait_to_post(channel)
            answer = await self.client.chat_postMessage(
                channel=channel, text=message.text, metadata=metadata, unfurl_links=False, unfurl_media=False, **extra
            )
            return str(answer["ts"])

        return await self._retry("chat.postMessage", attempt)

    async def update(self, channel: str, ts: str, message: Message, identity: Identity | None = None) -> None:
        """Update one of the bot's messages; without an `identity` its metadata stays. Raises RefusedBySlack."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": identity} if identity else None

        async def attempt() -> None:
            await self._wait_to_update()
            await self.client.chat_update(
                channel=channel, ts=ts, text=message.text, blocks=message.blocks, metadata=metadata
            )

        await self._retry("chat.update", attempt)

    async def upload(self, channel: str, thread: str, file: Upload, *, may_exist: bool) -> None:
        """Upload a file to the thread once; it is found again by its name. Raises RefusedBySlack."""
        may_be_there = may_exist

        async def attempt() -> None:
            nonlocal may_be_there
            if may_be_there and await self._find_file(channel, thread, file.name):
                return
            may_be_there = True
            await self.client.files_upload_v2(
                channel=channel,
                thread_ts=thread,
                content=file.content,
                filename=file.name,
                title=file.title,
                alt_txt=file.alt or None,
            )

        await self._retry("files.completeUploadExternal", attempt)

    @property
    def crowded(self) -> bool:
        """Whether the last minute had so many updates that redraws should become rarer."""
        return self._recent_updates() > UPDATES_PER_MINUTE // 2

    @property
    def full(self) -> bool:
        """Whether redraws must wait, because the rest of the minute's updates is reserved for new events."""
        return self._recent_updates() >= UPDATES_PER_MINUTE * 2 // 3

    # -- inside -------------------------------------------------------------------------------------------------

    def _recent_updates(self) -> int:
        """The number of updates in the last minute."""
        return sum(time.monotonic() - at < 60 for at in self._updates)

    async def _retry(self, method: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat an attempt until Slack accepts it. Raises RefusedBySlack."""
        for failures in itertools.count():
            try:
                return await attempt()
            except (SlackApiError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                wait = _retry_after(error, method, failures)
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _wait_to_post(self, channel: str) -> None:
        """Wait until the channel's limit allows another message."""
        now = time.monotonic()
        self._next_post[channel] = max(now, self._next_post.get(channel, now)) + POST_INTERVAL
        await asyncio.sleep(max(0.0, self._next_post[channel] - now - BURST * POST_INTERVAL))

    async def _wait_to_update(self) -> None:
        """Wait until the limit of updates allows another one."""
        if len(self._updates) == UPDATES_PER_MINUTE:
            await asyncio.sleep(max(0.0, 60 - (time.monotonic() - self._updates[0])))
        self._updates.append(time.monotonic())

    async def _find(self, channel: str, thread: str, identity: Identity, after: str) -> str:
        """The ts of the message with this identity, or nothing."""
        async for message in self._messages(channel, thread, after):
            if shows(message.get("metadata"), identity):
                return str(message["ts"])
        return ""

    async def _find_file(self, channel: str, thread: str, name: str) -> bool:
        await asyncio.sleep(FILE_DELAY)
        async for message in self._messages(channel, thread, ""):
            if any(file.get("name") == name for file in message.get("files", [])):
                return True
        return False

    async def _messages(self, channel: str, thread: str, after: str) -> AsyncIterator[dict[str, Any]]:
        """The messages of a thread, or of the channel, from the ts `after` on; at most ten pages of 200."""
        query: dict[str, Any] = {"channel": channel, "limit": 200, "include_all_metadata": True}
        if after:
            query |= {"oldest": after, "inclusive": True}
        cursor = ""
        for _ in range(10):
            if thread:
                page = await self.client.conversations_replies(ts=thread, cursor=cursor, **query)
            else:
                page = await self.client.conversations_history(cursor=cursor, **query)
            for message in page["messages"]:
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return


def _retry_after(error: Exception, method: str, failures: int) -> float:
    """Seconds to wait before the next attempt. Raises RefusedBySlack if waiting does not help."""
    soon = min(0.5 * 2.0 ** min(failures, 5), RETRY_LIMIT)
    if not isinstance(error, SlackApiError):
        LOG.warning("%s: Slack is unreachable (%s); next attempt in %g s", method, type(error).__name__, soon)
        return soon
    status, name = status_and_name(error)
    if wait := limited_for(error):
        LOG.warning("%s: rate limited by Slack; next attempt in %g s", method, wait)
        return wait
    if status >= 500 or name in TEMPORARY or not name:
        LOG.warning("%s: Slack has an error (%s); next attempt in %g s", method, name or status, soon)
        return soon
    if name in BLOCKED:
        LOG.error("%s: Slack answers %s. %s", method, name, BLOCKED[name])
        return BLOCKED_RETRY
    if name.startswith(ABOUT_THE_MESSAGE):
        raise RefusedBySlack(name) from None
    # an unknown name means “not now”: the message is kept, because nothing says that it is the message's fault
    wait = min(0.5 * 2.0 ** min(failures, 20), UNKNOWN_RETRY_LIMIT)
    LOG.error(
        "%s: Slack answers %s, which the bot does not know. Look the name up in Slack's documentation of %s. "
        "Nothing is lost; next attempt in %g s",
        method, name, method, wait,
    )  # fmt: skip
    return wait

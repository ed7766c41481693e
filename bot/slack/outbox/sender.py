"""Sends to Slack: waits out limits and outages, and posts nothing twice."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.allowance import Allowance
from bot.slack.api_error import limited_for
from bot.slack.outbox.identity import EVENT_TYPE, Identity, shows
from bot.slack.outbox.refusals import Patience, require_soon, retry_after
from bot.slack.views.blocks import Message, Upload

T = TypeVar("T")
Ask = Callable[[], Awaitable[None]]  # raises if this bot may not send any more
# Slack allows 50 updates a minute; a burst and a minute's rate together stay below that
UPDATES, UPDATE_RATE = 12, 36 / 60
POSTS, POST_RATE = 4, 1.0  # Slack takes about one message a second in a channel, after a short burst
# Slack answers 50 looks a minute into channels, and 50 into threads, and counts those that it refuses; a bot that has
# just begun looks once for each run that it posts, so those of thirty runs do not wait
LOOKS, LOOK_RATE = 30, 18 / 60
LINK_LIMIT = 2.0  # seconds
SETTLE = 2.0  # seconds that a bot that leaves waits for what it has sent
FILE_DELAY = 2.0  # seconds until a shared file appears in its thread


class Sender:
    """Sends for all runs. Every method returns once Slack has accepted it, however long that takes.

    `ask_first` is awaited just before each attempt, after every wait, and what it raises is raised: a bot that was
    frozen while it waited must not say again what another bot has said meanwhile.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self._updates = Allowance(UPDATE_RATE, UPDATES)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._posts: defaultdict[str, Allowance] = defaultdict(lambda: Allowance(POST_RATE, POSTS))  # by channel
        self._into_channels, self._into_threads = (Allowance(LOOK_RATE, LOOKS, at_start=LOOKS) for _ in range(2))
        self._bots: dict[str, int] = {}  # that post to each channel
        self._is_behind = False

    def behind(self) -> Sender:
        """The same sender for a run that is over: what it sends leaves Slack's limits to the others first."""
        later = copy.copy(self)
        later._is_behind = True  # noqa: SLF001
        return later

    def share(self, everywhere: int, by_channel: Mapping[str, int]) -> None:
        """Share Slack's limits with the other bots: so many post in all, and to each channel, this one included."""
        for allowance in (self._updates, self._into_channels, self._into_threads):
            allowance.share(everywhere)
        self._bots.clear()
        self._bots.update(by_channel)

    async def post(  # noqa: PLR0913  each is another matter of one message
        self,
        channel: str,
        thread: str,
        message: Message,
        identity: Identity,
        *,
        may_exist: bool,
        ask_first: Ask,
        after: str = "",
        gives_way: bool = False,
    ) -> str:
        """Post once, and return the ts. With `may_exist` the message is first looked for, after the ts `after`.

        `identity` is the metadata by which the message is found. Raises RefusedBySlack, GoneFromSlack. A message that
        `gives_way` counts as refused, too, after some answers that the bot does not know.
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
            posts = self._posts[channel]
            posts.share(self._bots.get(channel, 1))
            await posts.take(behind=self._is_behind)
            await ask_first()
            answer = await self._to_its_end(
                self.client.chat_postMessage(
                    channel=channel,
                    text=message.text,
                    metadata=metadata,
                    unfurl_links=False,
                    unfurl_media=False,
                    **extra,
                )
            )
            return str(answer["ts"])

        return await self._retry("chat.postMessage", attempt, gives_way=gives_way)

    async def update(
        self,
        channel: str,
        ts: str,
        message: Message,
        identity: Identity | None = None,
        *,
        ask_first: Ask,
        keep: bool = True,
    ) -> None:
        """Update one of the bot's messages; without an `identity` its metadata stays.

        Raises RefusedBySlack, GoneFromSlack, and NotNow where it may be accepted later, unless it is to `keep` trying.
        Then it gives way, as in `post`.
        """
        metadata = {"event_type": EVENT_TYPE, "event_payload": identity} if identity else None

        async def attempt() -> None:
            async with self._allowed(self._updates):
                await ask_first()
                await self._to_its_end(
                    self.client.chat_update(
                        channel=channel, ts=ts, text=message.text, blocks=message.blocks, metadata=metadata
                    )
                )

        await self._retry("chat.update", attempt, keep=keep, gives_way=keep)

    async def upload(self, channel: str, thread: str, file: Upload, *, may_exist: bool, ask_first: Ask) -> None:
        """Upload a file to the thread once; it is found again by its name. Raises RefusedBySlack, GoneFromSlack."""
        may_be_there = may_exist

        async def attempt() -> None:
            nonlocal may_be_there
            if may_be_there and await self._find_file(channel, thread, file.name):
                return
            may_be_there = True
            await ask_first()
            await self._to_its_end(
                self.client.files_upload_v2(
                    channel=channel,
                    thread_ts=thread,
                    content=file.content,
                    filename=file.name,
                    title=file.title,
                    alt_txt=file.alt or None,
                )
            )

        await self._retry("files.completeUploadExternal", attempt)

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message, asked for once; "" where Slack does not answer, because nothing depends on it."""
        try:
            async with asyncio.timeout(LINK_LIMIT):
                answer = await self.client.chat_getPermalink(channel=channel, message_ts=ts)
        except (SlackApiError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
            return ""
        return str(answer.get("permalink") or "")

    @property
    def crowded(self) -> bool:
        """Whether so many updates were sent lately that redraws should become rarer."""
        return self._updates.is_below(1 / 2)

    @property
    def full(self) -> bool:
        """Whether redraws must wait, because the rest of the updates is reserved for new events."""
        return self._updates.is_below(1 / 4)

    @property
    def spent(self) -> bool:
        """Whether an update would have to wait. A redraw then does not ask for it: new events would wait behind it."""
        return self._updates.spent

    async def settle(self) -> None:
        """Wait until Slack has answered what was sent, for some seconds at most.

        Then another bot finds there what this one has posted, also what it could not store any more.
        """
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=SETTLE)

    # -- inside -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _allowed(self, allowance: Allowance) -> AsyncIterator[None]:
        """Inside the block a call is sent, as soon as it may be. One that Slack did not take costs nothing."""
        await allowance.take(behind=self._is_behind)
        try:
            yield
        except Exception as error:
            if not (isinstance(error, SlackApiError) and limited_for(error)):
                allowance.give_back()
            raise

    async def _to_its_end(self, call: Coroutine[Any, Any, T]) -> T:
        """What a call returns. It goes on when the caller is cancelled: Slack may have it already."""
        task = asyncio.create_task(call)
        self._under_way.add(task)
        task.add_done_callback(self._has_ended)
        return await asyncio.shield(task)

    def _has_ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # where nobody waits for it any more, it is nobody's

    async def _retry(
        self, method: str, attempt: Callable[[], Awaitable[T]], *, keep: bool = True, gives_way: bool = False
    ) -> T:
        """Repeat an attempt until Slack accepts it. Raises RefusedBySlack, GoneFromSlack, NotNow (see `update`)."""
        patience = Patience()
        for failures in itertools.count():
            try:
                return await attempt()
            except (SlackApiError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                wait = retry_after(error, method, failures)
                if not keep:
                    require_soon(error)
                if gives_way:
                    patience.require(error)
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

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

    async def _look(self, thread: str, cursor: str, query: dict[str, Any]) -> Any:
        """One page of messages, as soon as Slack may be asked for it."""
        async with self._allowed(self._into_threads if thread else self._into_channels):
            if thread:
                return await self.client.conversations_replies(ts=thread, cursor=cursor, **query)
            return await self.client.conversations_history(cursor=cursor, **query)

    async def _messages(self, channel: str, thread: str, after: str) -> AsyncIterator[dict[str, Any]]:
        """The messages of a thread, or of the channel, from the ts `after` on; at most ten pages of 200."""
        query: dict[str, Any] = {"channel": channel, "limit": 200, "include_all_metadata": True}
        if after:
            query |= {"oldest": after, "inclusive": True}
        cursor = ""
        for _ in range(10):
            page = await self._look(thread, cursor, query)
            for message in page["messages"]:
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

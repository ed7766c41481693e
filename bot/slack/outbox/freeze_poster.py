"""Tells the channels of each freeze and lock that somebody sets, and of each that is lifted."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from zoneinfo import ZoneInfo

from bot.doors.deps import Deps
from bot.slack.outbox.refusals import RefusedBySlack
from bot.slack.outbox.sender import Sender
from bot.slack.presence import POSTED_FOR
from bot.slack.views.blocks import Message, context, message, section
from bot.text import with_owner
from commands.start.freeze_news import FreezeNews, news_of
from state.errors import BadRecord, NotOwner
from state.freezes import KeptFreeze
from state.frozen import dataclass
from state.store.database import Duty

LOG = logging.getLogger("gonogo.slack")
POLL = 0.5  # seconds
AGAIN = 5.0  # seconds between two looks for the page of a target that has none
NO_RUN = 0  # a freeze belongs to no run; of several bots one posts them
EARLIER = 60  # seconds before a freeze from which on its message is looked for: Slack's clock is another one


@dataclass(frozen=True)
class Told:
    """What a channel is told of a freeze, by which it is found there."""

    message: Message
    first: KeptFreeze


class FreezePoster:
    """Posts one line for each. What was posted is not stored: after a restart it is looked for in the channel."""

    def __init__(self, deps: Deps, sender: Sender) -> None:
        self._deps = deps
        self._sender = sender
        self._known: set[int] = set()
        self._handed_out: set[tuple[str, int]] = set()  # channel, number of the first entry
        self._left: defaultdict[str, deque[Told]] = defaultdict(deque)  # by channel, oldest first
        self._version: tuple[int, int] | None = None
        self._again_at = math.inf
        self._troubles: dict[str, str] = {}  # by channel; "" is what concerns all
        self._owns = False

    async def serve(self) -> None:
        """Post until cancelled; then let other bots do it at once."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    async with self._errors_logged():
                        for news in await asyncio.to_thread(self._unknown):
                            await self._hand_out(news, group)
                    await asyncio.sleep(POLL)
        finally:
            if self._owns:
                await self._hand_over()

    @asynccontextmanager
    async def _errors_logged(self, channel: str = "") -> AsyncIterator[None]:
        """Whatever goes wrong in the block waits for the next round, and is logged once."""
        try:
            yield
            self._troubles.pop(channel, None)
        except BadRecord as error:
            self._wait(channel, str(error))
        except Exception as error:
            LOG.debug("telling of freezes", exc_info=error)
            self._wait(channel, f"an error in the bot ({type(error).__name__})")

    def _wait(self, channel: str, why: str) -> None:
        if why != self._troubles.get(channel):
            LOG.error("telling %s of freezes waits: %s", channel or "the channel", why)
        self._troubles[channel], self._version = why, None

    async def _hand_over(self) -> None:
        with suppress(BadRecord):  # without the session, others do it already
            await asyncio.to_thread(self._deps.store.hand_over, [NO_RUN], Duty.POSTS)

    def _unknown(self) -> list[FreezeNews]:
        """What is new and to be told, if this bot is the one that does."""
        store = self._deps.store
        if (version := store.version(NO_RUN)) == self._version and time.monotonic() < self._again_at:
            return []
        log, since = store.freeze_log(), self._deps.now() - POSTED_FOR
        unknown = {one.number for one in log if one.at > since and one.number not in self._known}
        if unknown and not store.owned(NO_RUN, Duty.POSTS):
            return []  # asked again: the other bot may end
        self._owns = self._owns or bool(unknown)
        self._version, self._again_at = version, math.inf
        return news_of(log, unknown)

    async def _hand_out(self, news: FreezeNews, group: asyncio.TaskGroup) -> None:
        """Leave it to each channel's own task: one that Slack does not let the bot post to keeps no other waiting."""
        channels, are_all = await asyncio.to_thread(self._channels, news)
        for channel, zone in channels.items():
            told = Told(_message(news, zone), news.entries[0])
            if (channel, told.first.number) in self._handed_out:
                continue
            self._handed_out.add((channel, told.first.number))
            self._left[channel].append(told)
            if len(self._left[channel]) == 1:
                group.create_task(self._tell(channel, self._left[channel]))
        if are_all:
            self._known |= {one.number for one in news.entries}
        else:
            self._again_at = time.monotonic() + AGAIN

    async def _tell(self, channel: str, left: deque[Told]) -> None:
        """Tell a channel all that is left to tell, in its order."""
        while left:
            async with self._errors_logged(channel):
                await self._post(channel, left[0])
                left.popleft()
                continue
            await asyncio.sleep(POLL)

    async def _post(self, channel: str, told: Told) -> None:
        await self._require_lock()
        identity = {"freeze": told.first.number, "at": told.first.at.isoformat()}
        with suppress(RefusedBySlack):  # the sender has logged it
            await self._sender.post(
                channel,
                "",
                told.message,
                identity,
                may_exist=True,
                ask_first=self._require_lock,
                after=f"{told.first.at.timestamp() - EARLIER:.6f}",
            )

    def _channels(self, news: FreezeNews) -> tuple[dict[str, ZoneInfo], bool]:
        """The channels of the targets' pages, each with the zone of its first page; and whether every target has one.

        While pages are edited they may not be readable, and this bot may get a page later than the one that was asked.
        """
        pages = [page for page in self._deps.known_pages() if page.runbook.target in news.targets]
        zones: dict[str, ZoneInfo] = {}
        found = set()
        for page in pages:
            if channel := self._deps.channel(page):
                zones.setdefault(channel, ZoneInfo(page.runbook.time_zone))
                found.add(page.runbook.target)
        return zones, found >= set(news.targets)

    async def _require_lock(self) -> None:
        if not await asyncio.to_thread(self._deps.store.owned, NO_RUN, Duty.POSTS):
            raise NotOwner(NO_RUN)


def _message(news: FreezeNews, zone: ZoneInfo) -> Message:
    said = section(f"{news.mark} {with_owner(news.sentence(zone))}")
    return message(f"{news.mark} {news.brief(zone)}", [said, context(news.effect)])

"""Tells the channels of each freeze and lock that somebody sets, and of each that is lifted."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from zoneinfo import ZoneInfo

from bot.doors.deps import Deps
from bot.slack.outbox.refusals import RefusedBySlack
from bot.slack.outbox.sender import Sender
from bot.slack.presence import POSTED_FOR
from bot.slack.views.blocks import Message, message, section
from bot.text import with_owner
from commands.start.freeze_news import FreezeNews, news_of
from state.errors import BadRecord, NotOwner
from state.store.database import Duty

LOG = logging.getLogger("gonogo.slack")
POLL = 0.5  # seconds
NO_RUN = 0  # a freeze belongs to no run; of several bots one posts them
EARLIER = 60  # seconds before a freeze from which on its message is looked for: Slack's clock is another one


class FreezePoster:
    """Posts one line for each. What was posted is not stored: after a restart it is looked for in the channel."""

    def __init__(self, deps: Deps, sender: Sender) -> None:
        self._deps = deps
        self._sender = sender
        self._told: set[int] = set()
        self._version: tuple[int, int] | None = None
        self._trouble, self._owns = "", False

    async def serve(self) -> None:
        """Post until cancelled; then let other bots do it at once."""
        try:
            while True:
                try:
                    for news in await asyncio.to_thread(self._untold):
                        await self._tell(news)
                    self._trouble = ""
                except BadRecord as error:
                    self._wait(str(error))
                except Exception as error:
                    LOG.debug("telling of freezes", exc_info=error)
                    self._wait(f"an error in the bot ({type(error).__name__})")
                await asyncio.sleep(POLL)
        finally:
            if self._owns:
                await self._hand_over()

    def _wait(self, why: str) -> None:
        """Go on with the next round, and log once why nothing is told now."""
        if why != self._trouble:
            LOG.error("telling the channel of freezes waits: %s", why)
        self._trouble, self._version = why, None

    async def _hand_over(self) -> None:
        with suppress(BadRecord):  # without the session, others do it already
            await asyncio.to_thread(self._deps.store.hand_over, [NO_RUN], Duty.POSTS)

    def _untold(self) -> list[FreezeNews]:
        """What is to be told, if this bot is the one that does."""
        store = self._deps.store
        if (version := store.version(NO_RUN)) == self._version:
            return []
        log, since = store.freeze_log(), self._deps.now() - POSTED_FOR
        untold = {one.number for one in log if one.at > since and one.number not in self._told}
        if untold and not store.owned(NO_RUN, Duty.POSTS):
            return []  # asked again: the other bot may end
        self._owns = self._owns or bool(untold)
        self._version = version
        return news_of(log, untold)

    async def _tell(self, news: FreezeNews) -> None:
        for channel, zone in (await asyncio.to_thread(self._channels, news)).items():
            first = news.entries[0]
            identity = {"freeze": first.number, "at": first.at.isoformat()}
            with suppress(RefusedBySlack):  # the sender has logged it
                await self._sender.post(
                    channel,
                    "",
                    _message(news, zone),
                    identity,
                    may_exist=True,
                    ask_first=self._require_lock,
                    after=f"{first.at.timestamp() - EARLIER:.6f}",
                )
        self._told |= {one.number for one in news.entries}

    def _channels(self, news: FreezeNews) -> dict[str, ZoneInfo]:
        """The channels of the targets' pages, each with the zone of its first page."""
        pages = [page for page in self._deps.known_pages() if page.runbook.target in news.targets]
        zones = {self._deps.channel(page): ZoneInfo(page.runbook.time_zone) for page in reversed(pages)}
        return {channel: zone for channel, zone in zones.items() if channel}

    async def _require_lock(self) -> None:
        if not await asyncio.to_thread(self._deps.store.owned, NO_RUN, Duty.POSTS):
            raise NotOwner(NO_RUN)


def _message(news: FreezeNews, zone: ZoneInfo) -> Message:
    return message(f"{news.mark} {news.brief(zone)}", [section(f"{news.mark} {with_owner(news.sentence(zone))}")])

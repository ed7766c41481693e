"""The App Homes: who has opened theirs lately, and publishing each again when it changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.deps import Deps
from bot.slack.allowance import Allowance
from bot.slack.api_error import limited_for, passes_by_itself, status_and_name
from bot.slack.lanes import Lane, Lanes
from bot.slack.membership import Membership
from bot.slack.origin import Origin
from bot.slack.overview import Overview, Overviews
from bot.slack.views.blocks import Block
from bot.slack.views.home import KEPT_FOR, Reader, home_blocks, home_view, refused_blocks
from bot.text import with_mentions
from state.errors import BadRecord, Refused

LOG = logging.getLogger("gonogo.slack")
POLL = 2.0  # seconds between two looks at the record
READ_AGAIN = 30.0  # seconds after which everything is read again: roles and members change outside the record
OPEN_FOR = KEPT_FOR.total_seconds()  # Slack does not say when a Home is closed
MOST_OPEN = 200  # people; whoever opened theirs first goes first
NOTICE_FOR = 120.0  # seconds for which a Home shows the answer to a press
# Slack takes 100 calls of views.publish a minute; a burst and a minute's rate together stay below that
BURST, RATE = 20, 1.0
PUBLISH_LIMIT = 5.0  # seconds
QUIET = 10.0  # seconds without a call after Slack was not reached


@dataclass
class _Open:
    """A Home that somebody has opened. `shown` is None where it may show anything; times are monotonic seconds."""

    origin: Origin
    until: float
    shown: list[Block] | None = None
    seen: Overview | None = None  # what it was drawn from
    notice: str = ""
    notice_until: float = 0.0

    @property
    def urgency(self) -> int:
        """Whose turn it is first: whoever waits for the answer to a press, then who sees nothing yet."""
        return 0 if self.notice and not self.seen else 1 if self.shown is None else 2


class Homes:
    """Publishes the Homes. What Slack's limit leaves no room for is dropped; the next round draws it anew.

    All calls are made one after the other, here, and no message of a run waits for one.
    """

    def __init__(self, client: AsyncWebClient, deps: Deps, membership: Membership, lanes: Lanes) -> None:
        self._client = client
        self._store = deps.store
        self._overviews = Overviews(deps)
        self._membership = membership
        self._lanes = lanes
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._wake = asyncio.Event()
        self._allowance = Allowance(RATE, BURST)
        self._quiet_until = 0.0
        self._overview: Overview | None = None
        self._version: tuple[int, int] | None = None
        self._read_at = 0.0

    def opened(self, origin: Origin) -> None:
        """Somebody has opened their Home: it is drawn now, and again for every change while it counts as open."""
        home = self._home(origin)
        home.until = time.monotonic() + OPEN_FOR
        home.shown, home.seen, home.notice = None, None, ""
        self._wake.set()

    def tell(self, origin: Origin, text: str) -> None:
        """Show somebody the answer to their press, at the top of their Home."""
        home = self._home(origin)
        home.notice, home.notice_until, home.seen = text, time.monotonic() + NOTICE_FOR, None
        self._wake.set()

    async def serve(self) -> None:
        """Publish until cancelled."""
        while True:
            with suppress(TimeoutError):  # wait_for() would swallow a cancellation that comes with the wake
                async with asyncio.timeout(POLL):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._round()
            except BadRecord as error:
                LOG.warning("the App Homes wait: %s", error)
                await asyncio.sleep(POLL)
            except Exception:  # it must not end the bot
                LOG.exception("the App Homes continue after an error in the bot")
                await asyncio.sleep(POLL)

    def _home(self, origin: Origin) -> _Open:
        """The Home of a person. A press on one that the bot does not know, as after a restart, opens it."""
        home = self._open.setdefault(origin.person, _Open(origin, time.monotonic() + OPEN_FOR))
        home.origin = origin
        self._open.move_to_end(origin.person)
        while len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return home

    async def _round(self) -> None:
        now = time.monotonic()
        for person in [person for person, home in self._open.items() if home.until < now]:
            del self._open[person]
        if not self._open:
            return
        overview = await self._lanes.run(Lane.READ, self._current)
        for home in sorted(self._open.values(), key=lambda home: home.urgency):
            if home.notice and home.notice_until < now:
                home.notice, home.seen = "", None
            if home.seen is not overview:
                await self._show(home, overview)

    def _current(self) -> Overview:
        """The overview, read again if the record has changed, and now and then."""
        version, now = self._store.version(), time.monotonic()
        if self._overview is None or version != self._version or now - self._read_at > READ_AGAIN:
            self._overview, self._version, self._read_at = self._overviews.read(), version, now
        return self._overview

    async def _show(self, home: _Open, overview: Overview) -> None:
        notice = home.notice
        blocks = await self._drawn(home, overview)
        if blocks != home.shown:
            # in an outage the rest of the round would fail, too
            if time.monotonic() < self._quiet_until or self._allowance.left < 1:
                return
            await self._allowance.take()
            if not await self._publish(home.origin.person, home_view(blocks, overview.now)):
                return
        home.shown = blocks
        if home.notice == notice:  # else somebody has pressed meanwhile
            home.seen = overview

    async def _drawn(self, home: _Open, overview: Overview) -> list[Block]:
        origin, notice = home.origin, home.notice
        try:
            channels = await self._membership.channels_of(origin, overview.channels, ask=home.shown is None)
        except Refused as error:
            return refused_blocks(with_mentions(str(error)), notice)
        reader = Reader(person=origin.person, channels=channels.joined, unknown=len(channels.unknown))
        return await self._lanes.run(Lane.READ, lambda: home_blocks(overview, reader, notice))

    async def _publish(self, person: str, view: Block) -> bool:
        """Whether nothing is left to publish: Slack has the view, or will never take it."""
        try:
            async with asyncio.timeout(PUBLISH_LIMIT):
                await self._client.views_publish(user_id=person, view=view)
        except (SlackApiError, SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            if passes_by_itself(error):
                wait = limited_for(error) if isinstance(error, SlackApiError) else 0.0
                self._quiet_until = time.monotonic() + (wait or QUIET)
                return False
            name = status_and_name(error)[1] if isinstance(error, SlackApiError) else type(error).__name__
            todo = " Install the app again with manifest.yml." if name == "not_enabled" else ""
            LOG.warning("the App Home of %s: Slack answers %s.%s", person, name, todo)
        return True

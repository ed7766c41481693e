"""The carrier: takes the events of one run to Slack, in order and each once, and keeps its card and questions fresh."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import Any

from bot.doors.actions import frozen_page
from bot.doors.deps import Deps
from bot.slack.outbox.attachments import Attachments
from bot.slack.outbox.sender import RefusedBySlack, Sender
from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.messages import LIVE, draw, plainly
from bot.slack.views.snapshot import Snapshot, snapshot_of
from state.events import RunMoved, StatusDue, StepBegan, StepEnded
from state.records import ACTIVE, Event, Run

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
REDRAW, CROWDED, CLOCK = (
    1.0,
    3.0,
    30.0,
)  # seconds between two redrawings: at the least, when crowded, for the clock alone
LAST_WORDS = timedelta(seconds=3)  # a kept run may still say which run it has started
AttemptKey = tuple[str, Any]
CARD = 0  # the event number under which the card is remembered
FINAL = -1  # the event number by which a run is known that was told and drawn to its end


class RunThread:
    """Carries one run: one loop tells its events, the other redraws its card and its open questions."""

    def __init__(self, deps: Deps, sender: Sender, run: Run) -> None:
        self.deps = deps
        self.store = deps.store
        self.sender = sender
        self.run = run
        self.page = frozen_page(run)
        self.channel = run.channel or deps.channel(self.page)
        self.posts: dict[int, str] = {}
        self.live: dict[int, Event] = {}
        self.begun: dict[AttemptKey, int] = {}
        self.drawn: dict[str, Message] = {}
        self.still: Message | None = None  # the card last drawn, without its clock
        self.changing = asyncio.Lock()  # changes of messages reach Slack in the order in which they were drawn
        self.attachments = Attachments(deps, sender, run, self.page)
        self.told = asyncio.Event()
        self.over = False
        self.may_be_there = True  # an earlier process may have posted the next event and not written it down

    async def carry(self) -> None:
        """Carry the run to its end; an error of the bot's own is logged and the run is carried on."""
        if not self.channel:
            LOG.error("run %s has no channel: set %s to the channel's id.", self.run.id, self.page.runbook.channel)
            return
        while not self.over:
            try:
                self.posts = await asyncio.to_thread(self.store.posts, self.run.id)
                if FINAL in self.posts:
                    return
                await self._post_card()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._tell())
                    group.create_task(self._redraw())
                    group.create_task(self.attachments.draw_charts(self.channel, self.posts[CARD], self.told))
                await self._note(FINAL, self.posts[CARD])
            except* Exception:
                LOG.exception("run %s: carrying it to Slack goes on after an error of the bot's own", self.run.id)
                await asyncio.sleep(1)

    async def _snapshot(self) -> Snapshot:
        return await asyncio.to_thread(self._look)

    def _look(self) -> Snapshot:
        return snapshot_of(self.deps, self.page, self.store.record(self.run.id))

    async def _note(self, event: int, ts: str) -> None:
        self.posts[event] = ts
        await asyncio.to_thread(self.store.save_post, self.run.id, event, self.channel, ts)

    # -- telling ------------------------------------------------------------------------------------------------

    async def _post_card(self) -> None:
        if CARD in self.posts:
            return
        snapshot = await self._snapshot()
        drawn = card(snapshot)
        first = (await asyncio.to_thread(self.store.events, self.run.id, 0, 1))[0]
        await self._note(CARD, await self._post(drawn, plainly(first), _mark(first, "card"), thread=""))
        self.drawn[self.posts[CARD]] = drawn
        self.still = card(snapshot, clock=False)

    async def _tell(self) -> None:
        """Tell every event in order; returns when the run is over and all is told."""
        await self._remember()
        while True:
            quiet = await asyncio.to_thread(self._is_quiet)
            after = max(self.posts)
            events = await asyncio.to_thread(self.store.events, self.run.id, after)
            ends = {_attempt_key(event): event for event in events if isinstance(event.data, StepEnded)}
            newest = max((event.id for event in events if isinstance(event.data, StatusDue)), default=0)
            for event in events:
                if isinstance(event.data, StatusDue) and event.id < newest:
                    await self._note(event.id, self.posts[CARD])  # the newer one says all that it would
                else:
                    await self._tell_one(event, ends.get(_attempt_key(event)))
            if not events:
                if quiet:
                    self.told.set()
                    return
                await asyncio.sleep(POLL)

    def _is_quiet(self) -> bool:
        """Whether the run has ended, long enough ago for its last words to be in the record."""
        ended = self.store.run(self.run.id).ended_at
        return ended is not None and self.deps.now() - ended > LAST_WORDS

    async def _tell_one(self, event: Event, end: Event | None) -> None:
        snapshot = await self._snapshot()
        drawn = _drawn(snapshot, event, end)
        if isinstance(event.data, StepBegan):
            self.begun[_attempt_key(event)] = event.id
        earlier = self._began(event)
        if drawn is None:
            await self._note(event.id, self.posts[CARD])
            return
        if earlier:
            self.live.pop(self.begun[_attempt_key(event)], None)
            async with self.changing:
                await self._update(earlier, drawn, plainly(event))
            ts = earlier
        else:
            ts = await self._post(drawn, plainly(event), _mark(event), thread=self.posts[CARD])
            self.drawn[ts] = drawn
        # the file belongs to the event: it is there before the event counts as told
        if isinstance(event.data, StepEnded):
            await self._upload(drawn)
        elif isinstance(event.data, StatusDue):
            self.attachments.want_chart(event)
        elif isinstance(event.data, RunMoved) and event.data.state not in ACTIVE:
            await self.attachments.report(self.channel, self.posts[CARD], look=self.may_be_there)
        await self._note(event.id, ts)
        self.may_be_there = False
        if isinstance(event.data, LIVE) and not (isinstance(event.data, StepBegan) and end):
            self.live[event.id] = event

    async def _post(self, drawn: Message, simple: Message, mark: dict[str, Any], thread: str) -> str:
        look, since = self.may_be_there, self._newest()
        try:
            return await self.sender.post(self.channel, thread, drawn, mark, look=look, since=since)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses a message (%s); it is posted as plain text", self.run.id, error)
        try:
            return await self.sender.post(self.channel, thread, simple, mark, look=True, since=since)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses even the plain text (%s): %s", self.run.id, error, simple.text)
            return self.posts.get(CARD, "")

    def _newest(self) -> str:
        """The ts after which a message that is not written down can only be."""
        return max(self.posts.values(), key=lambda ts: float(ts or 0), default="")

    def _began(self, event: Event) -> str:
        """The ts of the message that said that this step began, if it has one of its own."""
        ts = self.posts.get(self.begun.get(_attempt_key(event), CARD), "") if isinstance(event.data, StepEnded) else ""
        return "" if ts == self.posts[CARD] else ts

    async def _upload(self, drawn: Message) -> None:
        if drawn.upload is None:
            return
        try:
            await self.sender.upload(self.channel, self.posts[CARD], drawn.upload, look=self.may_be_there)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses the file %s (%s)", self.run.id, drawn.upload.name, error)

    # -- redrawing ----------------------------------------------------------------------------------------------

    async def _remember(self) -> None:
        events = await asyncio.to_thread(self.store.events, self.run.id, 0, 100_000)
        told = [event for event in events if event.id in self.posts]
        self.live = {event.id: event for event in told if isinstance(event.data, LIVE)}
        self.begun = {_attempt_key(event): event.id for event in told if isinstance(event.data, StepBegan)}
        for event in told:
            if isinstance(event.data, StepEnded):
                self.live.pop(self.begun.get(_attempt_key(event), CARD), None)

    async def _redraw(self) -> None:
        """Redraw what has changed, at most once a second; once more when all is told, and then no more."""
        at = time.monotonic()
        while not self.over:
            last = self.told.is_set()
            snapshot = await self._snapshot()
            bare = card(snapshot, clock=False)
            if bare != self.still or time.monotonic() - at > CLOCK:
                self.still, at = bare, time.monotonic()
                await self._update(self.posts[CARD], card(snapshot), Message(text=bare.text, blocks=[]))
            # news on the card comes first; what else would be drawn anew waits until there is room
            for event in [] if self.sender.full and not last else list(self.live.values()):
                async with self.changing:
                    if event.id in self.live and (drawn := _drawn(snapshot, event, None)):
                        await self._update(self.posts[event.id], drawn, plainly(event))
            self.over = last
            await asyncio.sleep(0 if last else CROWDED if self.sender.crowded else REDRAW)

    async def _update(self, ts: str, drawn: Message, simple: Message) -> None:
        if self.drawn.get(ts) == drawn or not ts:
            return
        self.drawn[ts] = drawn
        try:
            await self.sender.update(self.channel, ts, drawn)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses to change a message (%s); it becomes plain text", self.run.id, error)
            try:
                await self.sender.update(self.channel, ts, simple)
            except RefusedBySlack as again:
                LOG.warning("run %s: Slack refuses even the plain text (%s): %s", self.run.id, again, simple.text)


def _mark(event: Event, what: str = "event") -> dict[str, Any]:
    """What a message is known by again; the hash tells runs of different records apart."""
    return {"run": event.run, "event": event.id, "what": what, "hash": event.hash}


def _attempt_key(event: Event) -> AttemptKey:
    return event.step, getattr(event.data, "attempt", None)


def _drawn(snapshot: Snapshot, event: Event, end: Event | None) -> Message | None:
    try:
        return draw(snapshot, event, end if isinstance(event.data, StepBegan) else None)
    except Exception:
        LOG.exception("event %s of run %s cannot be drawn; it is told as plain text", event.id, event.run)
        return plainly(event)

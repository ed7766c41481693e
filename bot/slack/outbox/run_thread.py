"""The thread of one run: posts its events in order and once, and updates its open messages."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

from bot.doors.actions import frozen_page
from bot.doors.deps import Deps
from bot.slack.outbox.attachments import Attachments
from bot.slack.outbox.drawing import drawn_card, drawn_event
from bot.slack.outbox.identity import PINNED, AttemptKey, Identity, attempt_key, head_of, identity_of, question_of
from bot.slack.outbox.sender import RefusedBySlack, Sender
from bot.slack.views.blocks import Message
from bot.slack.views.messages import LIVE, plain_message
from bot.slack.views.snapshot import Snapshot, snapshot_of
from state.events import RunMoved, StatusDue, StepBegan, StepEnded
from state.records import ACTIVE, Event, Run

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
# seconds between two redraws: the minimum, the minimum after many updates, and the maximum, for the card's clock
REDRAW, CROWDED, CLOCK = 1.0, 3.0, 30.0
LATE_EVENTS = timedelta(seconds=3)  # so long after its end a kept run can still report which run it has started
CARD = 0  # the event number under which the card's message is stored
FINAL = -1  # the event number that marks a run whose events are all posted


class RunThread:
    """Posts one run: one loop posts its events, another redraws its card and its open messages."""

    def __init__(self, deps: Deps, sender: Sender, run: Run) -> None:
        self.deps = deps
        self.store = deps.store
        self.sender = sender
        self.run = run
        self.page = frozen_page(run)
        self.channel = run.channel or deps.channel(self.page)
        self.posts: dict[int, str] = {}  # event id -> ts of its message
        self.live: dict[int, Event] = {}  # the events whose messages are redrawn
        self.started_steps: dict[AttemptKey, int] = {}  # attempt -> id of the event that started it
        self.shown: dict[str, Message] = {}  # ts -> the message as Slack has it
        self.card_without_clock: Message | None = None
        self.update_lock = asyncio.Lock()  # updates reach Slack in the order in which they were drawn
        self.attachments = Attachments(deps, sender, run, self.page)
        self.all_posted = asyncio.Event()
        self.finished = False
        self.may_be_posted = True  # an earlier process may have posted the next event without storing that

    async def post_all(self) -> None:
        """Post the run to its end. An error in the bot is logged, and posting continues."""
        if not self.channel:
            LOG.error("run %s has no channel: set %s to the channel's id.", self.run.id, self.page.runbook.channel)
            return
        while not self.finished:
            try:
                self.posts = await asyncio.to_thread(self.store.posts, self.run.id)
                if FINAL in self.posts:
                    return
                await self._post_card()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._post_events())
                    group.create_task(self._redraw())
                    group.create_task(self.attachments.post_charts(self.channel, self.posts[CARD], self.all_posted))
                await self._save_post(FINAL, self.posts[CARD])
            except* Exception:
                LOG.exception("run %s: posting to Slack continues after an error in the bot", self.run.id)
                await asyncio.sleep(1)

    async def _snapshot(self) -> Snapshot:
        return await asyncio.to_thread(self._read_snapshot)

    def _read_snapshot(self) -> Snapshot:
        return snapshot_of(self.deps, self.page, self.store.record(self.run.id))

    async def _save_post(self, event: int, ts: str) -> None:
        self.posts[event] = ts
        await asyncio.to_thread(self.store.save_post, self.run.id, event, self.channel, ts)

    # -- posting ------------------------------------------------------------------------------------------------

    async def _post_card(self) -> None:
        if CARD in self.posts:
            return
        snapshot = await self._snapshot()
        new_card = await drawn_card(snapshot)
        first = (await asyncio.to_thread(self.store.events, self.run.id, 0, 1))[0]
        ts = await self._post(new_card, plain_message(first), identity_of(first, "card"), thread="")
        await self._save_post(CARD, ts)
        self.shown[ts] = new_card
        self.card_without_clock = await drawn_card(snapshot, clock=False)

    async def _post_events(self) -> None:
        """Post every event in order; returns when the run is over and everything is posted."""
        await self._restore()
        while True:
            no_more_events = await asyncio.to_thread(self._is_long_over)
            after = max(self.posts)
            events = await asyncio.to_thread(self.store.events, self.run.id, after)
            ends = {attempt_key(event): event for event in events if isinstance(event.data, StepEnded)}
            newest_status = max((event.id for event in events if isinstance(event.data, StatusDue)), default=0)
            for event in events:
                if isinstance(event.data, StatusDue) and event.id < newest_status:
                    await self._save_post(event.id, self.posts[CARD])  # a newer status replaces this one
                else:
                    await self._post_event(event, ends.get(attempt_key(event)))
            if not events:
                if no_more_events:
                    self.all_posted.set()
                    return
                await asyncio.sleep(POLL)

    def _is_long_over(self) -> bool:
        """Whether the run ended long enough ago for its last events to be in the record."""
        ended = self.store.run(self.run.id).ended_at
        return ended is not None and self.deps.now() - ended > LATE_EVENTS

    async def _post_event(self, event: Event, end: Event | None) -> None:
        """Post one event; `end` is the end of the step that it starts, if that is known already."""
        snapshot = await self._snapshot()
        drawn = await drawn_event(snapshot, event, end)
        if isinstance(event.data, StepBegan):
            self.started_steps[attempt_key(event)] = event.id
        step_message = self._step_message(event)
        if drawn is None:
            await self._pin(event, snapshot)
            await self._save_post(event.id, self.posts[CARD])
            return
        if step_message:
            self.live.pop(self.started_steps[attempt_key(event)], None)
            async with self.update_lock:
                await self._update(step_message, drawn, plain_message(event))
            ts = step_message
        else:
            ts = await self._post(drawn, plain_message(event), identity_of(event), thread=self.posts[CARD])
            self.shown[ts] = drawn
        await self._post_files(event, drawn)
        await self._save_post(event.id, ts)
        self.may_be_posted = False
        if isinstance(event.data, LIVE) and not (isinstance(event.data, StepBegan) and end):
            self.live[event.id] = event

    async def _pin(self, event: Event, snapshot: Snapshot) -> None:
        """Post how far the journal went with a person's act: in the question that it answers, else in the card."""
        if not isinstance(event.data, PINNED) or not event.hash:
            return
        question = question_of(event, self.live.values())
        ts = self.posts[question.id] if question else self.posts[CARD]
        drawn = (await drawn_event(snapshot, question, None) if question else None) or await drawn_card(snapshot)
        first = question or (await asyncio.to_thread(self.store.events, self.run.id, 0, 1))[0]
        identity = identity_of(first, "event" if question else "card") | head_of(event)
        async with self.update_lock:
            self.shown.pop(ts, None)
            await self._update(ts, drawn, plain_message(question or event), identity)

    async def _post_files(self, event: Event, drawn: Message) -> None:
        """Upload the files of an event, before the event counts as posted. Charts follow by themselves."""
        if isinstance(event.data, StepEnded):
            await self._upload(drawn)
        elif isinstance(event.data, StatusDue):
            self.attachments.request_chart(event)
        elif isinstance(event.data, RunMoved) and event.data.state not in ACTIVE:
            await self.attachments.post_report(self.channel, self.posts[CARD], may_exist=self.may_be_posted)

    async def _post(self, drawn: Message, plain: Message, identity: Identity, thread: str) -> str:
        """Post a message, or its plain text if Slack refuses it. Returns the ts; the card's if Slack refuses both."""
        may_exist, after = self.may_be_posted, self._newest_ts()
        try:
            return await self.sender.post(self.channel, thread, drawn, identity, may_exist=may_exist, after=after)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses a message (%s); it is posted as plain text", self.run.id, error)
        try:
            return await self.sender.post(self.channel, thread, plain, identity, may_exist=True, after=after)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses the plain text too (%s): %s", self.run.id, error, plain.text)
            return self.posts.get(CARD, "")

    def _newest_ts(self) -> str:
        """The newest stored ts; a message that was posted and not stored can only be newer."""
        return max(self.posts.values(), key=lambda ts: float(ts or 0), default="")

    def _step_message(self, event: Event) -> str:
        """For the end of a step: the ts of the message of its start, or nothing if that has no message of its own."""
        if not isinstance(event.data, StepEnded):
            return ""
        ts = self.posts.get(self.started_steps.get(attempt_key(event), CARD), "")
        return "" if ts == self.posts[CARD] else ts

    async def _upload(self, drawn: Message) -> None:
        if drawn.upload is None:
            return
        try:
            await self.sender.upload(self.channel, self.posts[CARD], drawn.upload, may_exist=self.may_be_posted)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses the file %s (%s)", self.run.id, drawn.upload.name, error)

    # -- redrawing ----------------------------------------------------------------------------------------------

    async def _restore(self) -> None:
        """Restore, from the stored posts, which messages are redrawn and which message each step has."""
        events = await asyncio.to_thread(self.store.events, self.run.id, 0, 100_000)
        posted = [event for event in events if event.id in self.posts]
        self.live = {event.id: event for event in posted if isinstance(event.data, LIVE)}
        self.started_steps = {attempt_key(event): event.id for event in posted if isinstance(event.data, StepBegan)}
        for event in posted:
            if isinstance(event.data, StepEnded):
                self.live.pop(self.started_steps.get(attempt_key(event), CARD), None)

    async def _redraw(self) -> None:
        """Update what has changed, at most once in REDRAW seconds; a last time when everything is posted."""
        card_drawn_at = time.monotonic()
        while not self.finished:
            last = self.all_posted.is_set()
            snapshot = await self._snapshot()
            without_clock = await drawn_card(snapshot, clock=False)
            if without_clock != self.card_without_clock or time.monotonic() - card_drawn_at > CLOCK:
                self.card_without_clock, card_drawn_at = without_clock, time.monotonic()
                await self._update(
                    self.posts[CARD], await drawn_card(snapshot), Message(text=without_clock.text, blocks=[])
                )
            # the card comes first; the other messages wait until Slack's limit leaves room
            for event in [] if self.sender.full and not last else list(self.live.values()):
                async with self.update_lock:
                    drawn = await drawn_event(snapshot, event, None)
                    if event.id in self.live and drawn:
                        await self._update(self.posts[event.id], drawn, plain_message(event))
            self.finished = last
            await asyncio.sleep(0 if last else CROWDED if self.sender.crowded else REDRAW)

    async def _update(self, ts: str, drawn: Message, plain: Message, identity: Identity | None = None) -> None:
        if self.shown.get(ts) == drawn or not ts:
            return
        self.shown[ts] = drawn
        try:
            await self.sender.update(self.channel, ts, drawn, identity)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses an update (%s); the message becomes plain text", self.run.id, error)
            try:
                await self.sender.update(self.channel, ts, plain, identity)
            except RefusedBySlack as again:
                LOG.warning("run %s: Slack refuses the plain text too (%s): %s", self.run.id, again, plain.text)

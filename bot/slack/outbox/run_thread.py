"""The thread of one run: posts its events in order and once, and updates its open messages."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

from bot.doors.acts_of_run import frozen_page
from bot.doors.deps import Deps
from bot.slack.outbox.attachments import Attachments
from bot.slack.outbox.drawing import drawn_card, drawn_event
from bot.slack.outbox.drill_sender import DrillSender
from bot.slack.outbox.identity import PINNED, AttemptKey, attempt_key, head_of, identity_of, question_of
from bot.slack.outbox.question_links import QuestionLinks
from bot.slack.outbox.sender import Sender
from bot.slack.outbox.thread_messages import CARD, Draft, ThreadMessages
from bot.slack.views.blocks import Message
from bot.slack.views.messages import LIVE, plain_message
from bot.slack.views.snapshot import Snapshot, snapshot_of
from commands.progress.drill import takes_part
from commands.progress.handovers import taken_over
from commands.progress.surprises import seconds_away
from state.errors import BadRecord, NotOwner
from state.events import StatusDue, StepBegan, StepEnded
from state.facts import FactKind
from state.records import Event, Run, RunState
from state.store.last_read import LONGEST, LastRead

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds between two questions whether something was written to the run
# seconds between two redraws: the minimum, the minimum after many updates, and the maximum, for the card's clock
REDRAW, CROWDED, CLOCK = 1.0, 3.0, 30.0
LATE_EVENTS = timedelta(seconds=3)  # so long after its end a run can still have events
FINAL = -1  # the event number that marks a run whose events are all posted


class RunThread:
    """Posts one run: one loop posts its events, another redraws its card and its open messages."""

    def __init__(self, deps: Deps, sender: Sender, run: Run) -> None:
        self.deps = deps
        self.store = deps.store
        self.sender = sender = DrillSender(sender, self._players, self._away) if run.drill else sender
        self.run = run
        self.last_read = LastRead(deps.store, run.id)
        self.page = frozen_page(run)
        channel = run.channel or deps.channel(self.page)
        self.messages = ThreadMessages(deps.store, sender, run.id, channel, self._draft_card)
        self.live: dict[int, Event] = {}  # the events whose messages are redrawn
        self.started_steps: dict[AttemptKey, int] = {}  # attempt -> id of the event that started it
        self.card_without_clock: Message | None = None
        self.update_lock = asyncio.Lock()  # updates reach Slack in the order in which they were drawn
        self.links = QuestionLinks(sender, channel)
        self.attachments = Attachments(deps, self.messages, run, self.page)
        self.all_posted = asyncio.Event()
        self.finished = False

    async def post_all(self) -> None:
        """Post the run to its end. An error in the bot is logged, and posting continues.

        Raises NotOwner once another bot posts the run.
        """
        lost = False
        if not self.messages.channel:
            LOG.error("run %s has no channel: set %s to the channel's id.", self.run.id, self.page.runbook.channel)
            return
        while not self.finished and not lost:
            try:
                await self.messages.load()
                if FINAL in self.messages.posts:
                    return
                without_clock = await drawn_card(await self._snapshot(), clock=False)
                if await self.messages.post_card():
                    self.card_without_clock = without_clock
                async with asyncio.TaskGroup() as group:
                    posting = group.create_task(self._post_events(group))
                    group.create_task(self._redraw(posting))
                    group.create_task(self.attachments.post_charts(self.all_posted))
                await self.messages.save(FINAL, self.messages.posts[CARD])
            except* NotOwner:
                lost = True
            except* BadRecord as errors:
                # the message is enough, a traceback would hide it
                LOG.error("run %s: posting to Slack waits: %s", self.run.id, errors.exceptions[0])  # noqa: TRY400
                await self._wait_after_error()
            except* Exception:
                LOG.exception("run %s: posting to Slack continues after an error in the bot", self.run.id)
                await self._wait_after_error()
        if lost:
            raise NotOwner(self.run.id)

    def _players(self) -> frozenset[str]:
        """Whom a drill may call."""
        record = self.last_read.record()
        return takes_part(record) | {record.run.starter} | {offer.to for offer in taken_over(record)}

    def _away(self) -> float:
        """For how many seconds Slack is still away, by the surprise of a drill."""
        return seconds_away(self.page, self.last_read.record(), self.store, self.deps.now())

    async def _wait_after_error(self) -> None:
        """Wait. What was posted last may not be stored, so it is looked for before it is posted again."""
        self.messages.may_be_posted = True
        await asyncio.sleep(1)

    async def _snapshot(self, *, anew: bool = True) -> Snapshot:
        questions = self.links.known(self.live.values(), self.messages.posts)
        return await asyncio.to_thread(
            lambda: snapshot_of(self.deps, self.page, self.last_read.record(anew=anew), questions)
        )

    async def _draft_card(self, snapshot: Snapshot | None = None) -> Draft:
        """The card, with its clock."""
        first = (await asyncio.to_thread(self.store.events, self.run.id, 0, 1))[0]
        drawn = await drawn_card(snapshot or await self._snapshot())
        return Draft(drawn=drawn, plain=Message(text=drawn.text, blocks=[]), identity=identity_of(first, "card"))

    # -- posting ------------------------------------------------------------------------------------------------

    async def _post_events(self, group: asyncio.TaskGroup) -> None:
        """Post every event in order; returns when the run is over and everything is posted."""
        after = await self._restore(group)
        while True:
            version = await asyncio.to_thread(self._version)
            no_more_events = await asyncio.to_thread(self._is_long_over)
            events = await asyncio.to_thread(self.store.events, self.run.id, after)
            ends = {attempt_key(event): event for event in events if isinstance(event.data, StepEnded)}
            newest_status = max((event.id for event in events if isinstance(event.data, StatusDue)), default=0)
            for event in events:
                if isinstance(event.data, StatusDue) and event.id < newest_status:
                    await self.messages.save_silent(event.id)  # a newer status replaces this one
                else:
                    await self._post_event(group, event, ends.get(attempt_key(event)))
                after = event.id
            if not events:
                if no_more_events:
                    self.all_posted.set()
                    return
                await self._until_written(version)

    def _version(self) -> tuple[int, int]:
        return self.store.version(self.run.id)

    async def _until_written(self, version: tuple[int, int]) -> None:
        """Wait until something is written to the run. It is looked at now and then all the same, and after its end."""
        over = (await asyncio.to_thread(self.last_read.record)).run.ended_at is not None
        until = time.monotonic() + (0 if over else LONGEST)
        while True:
            await asyncio.sleep(POLL)
            if time.monotonic() > until or await asyncio.to_thread(self._version) != version:
                return

    def _is_long_over(self) -> bool:
        """Whether the run ended long enough ago for its last events to be in the record.

        After KEEP the last one says what became of the page that it starts, however long that takes.
        """
        run = self.store.run(self.run.id)
        if run.ended_at is None or self.deps.now() - run.ended_at <= LATE_EVENTS:
            return False
        follows = run.state == RunState.KEPT and self.page.decision.starts
        return not follows or self.store.fact_count(run.id, FactKind.NEXT_RUN) > 0

    async def _post_event(self, group: asyncio.TaskGroup, event: Event, end: Event | None) -> None:
        """Post one event; `end` is the end of the step that it starts, if that is known already."""
        snapshot = await self._snapshot()
        drawn = await drawn_event(snapshot, event, end)
        if drawn is None:
            await self._pin(event, snapshot)
            await self.messages.save_silent(event.id)
            return
        if isinstance(event.data, StepBegan):
            self.started_steps[attempt_key(event)] = event.id
        draft = Draft(drawn=drawn, plain=plain_message(event), identity=identity_of(event))
        started = self._step_message(event)
        may_exist = self.messages.may_be_posted
        if started:
            self.live.pop(started, None)
            async with self.update_lock:
                await self.messages.update(started, draft, keep=True)
            ts = self.messages.posts[started]
        else:
            ts = await self.messages.reply(draft, may_exist=may_exist)
        if self.attachments.has_files(event, drawn):
            group.create_task(self._post_files(event, drawn, ts, may_exist=may_exist))
        else:
            await self.messages.save(event.id, ts)
        self.messages.may_be_posted = False
        if isinstance(event.data, LIVE) and not (isinstance(event.data, StepBegan) and end):
            self.live[event.id] = event

    async def _post_files(self, event: Event, drawn: Message, ts: str, *, may_exist: bool) -> None:
        """Upload the files of an event, which counts as posted after that. No message waits for a file."""
        await self.attachments.post(event, drawn, may_exist=may_exist)
        await self.messages.save(event.id, ts)

    async def _pin(self, event: Event, snapshot: Snapshot) -> None:
        """Post how far the journal went with a person's act: in the question that it answers, else in the card."""
        if not isinstance(event.data, PINNED) or not event.hash:
            return
        question = question_of(event, self.live.values())
        async with self.update_lock:
            draft = await self._draft(snapshot, question) if question else None
            shown_by = question.id if question and draft else CARD
            self.messages.pin(shown_by, head_of(event))
            await self.messages.update(shown_by, draft or await self._draft_card(snapshot), keep=True)

    def _step_message(self, event: Event) -> int:
        """For the end of a step: the event of its start, or 0 if that has no message of its own."""
        if not isinstance(event.data, StepEnded):
            return 0
        started, posts = self.started_steps.get(attempt_key(event), 0), self.messages.posts
        return started if posts.get(started) not in {None, "", posts[CARD]} else 0

    # -- redrawing ----------------------------------------------------------------------------------------------

    async def _restore(self, group: asyncio.TaskGroup) -> int:
        """Restore, from the stored posts, which messages are redrawn and which message each step has.

        Returns the newest event that is posted. One before it that is not stored still lacks its files.
        """
        posts = self.messages.posts
        after = max(posts)
        events = await asyncio.to_thread(self.store.events, self.run.id, 0, 100_000)
        posted = [event for event in events if event.id <= after]
        self.live = {event.id: event for event in posted if isinstance(event.data, LIVE)}
        self.started_steps = {attempt_key(event): event.id for event in posted if isinstance(event.data, StepBegan)}
        for event in posted:
            if isinstance(event.data, StepEnded):
                self.live.pop(self.started_steps.get(attempt_key(event), CARD), None)
            if event.id not in posts and (drawn := await drawn_event(await self._snapshot(), event, None)):
                ts = posts[self._step_message(event)]
                group.create_task(self._post_files(event, drawn, ts, may_exist=True))
        for event_id in self.messages.forget_silent():
            self.live.pop(event_id, None)
        self.started_steps = {key: started for key, started in self.started_steps.items() if started in posts}
        return after

    async def _draft(self, snapshot: Snapshot, event: Event) -> Draft | None:
        drawn = await drawn_event(snapshot, event, None)
        return Draft(drawn=drawn, plain=plain_message(event), identity=identity_of(event)) if drawn else None

    async def _redraw(self, posting: asyncio.Task[None]) -> None:
        """Update what has changed, at most once in REDRAW seconds; a last time when everything is posted.

        Raises RuntimeError if `posting` has ended before: a group of tasks says nothing of one that something inside
        cancelled, and the run's thread would stay silent.
        """
        card_drawn_at = time.monotonic()
        while not self.finished:
            last = self.all_posted.is_set()
            if posting.done() and not last:
                raise RuntimeError("the task that posts the run's events has ended, and not all is posted")
            await self.links.learn(list(self.live.values()), self.messages.posts)
            snapshot = await self._snapshot(anew=last)
            without_clock = await drawn_card(snapshot, clock=False)
            is_due = without_clock != self.card_without_clock or time.monotonic() - card_drawn_at > CLOCK
            has_room = last or not self.sender.spent
            if is_due and has_room and await self.messages.update(CARD, await self._draft_card(snapshot), keep=last):
                self.card_without_clock, card_drawn_at = without_clock, time.monotonic()
            for event in list(self.live.values()):
                if self.sender.full and not last:
                    break  # the card comes first; the other messages wait until Slack's limit leaves room
                async with self.update_lock:
                    draft = await self._draft(snapshot, event)
                    if event.id in self.live and draft:
                        await self.messages.update(event.id, draft, keep=last)
            self.finished = last
            await asyncio.sleep(0 if last else CROWDED if self.sender.crowded else REDRAW)

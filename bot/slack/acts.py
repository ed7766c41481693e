"""What somebody does in Slack: checked first, then carried out in its lane."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from bot.doors import actions
from bot.doors.about_button import about_button
from bot.doors.acts_of_run import frozen_page
from bot.doors.button import OTHER_RECORD, ButtonValue, read_button
from bot.doors.deps import Deps
from bot.doors.drill import of_drill, refusals_marked
from bot.doors.freezes import act_on_freezes, freeze_lines_of, meant
from bot.doors.press import Press
from bot.doors.queue_actions import START_QUEUED, QueueOrder, carry_out, queue, queued_run
from bot.slack.channels import channel_of, deploy_channels
from bot.slack.handover_acts import HandoverActs
from bot.slack.lanes import Lane, Lanes
from bot.slack.membership import STOPPING, Membership, require_channel
from bot.slack.noted_message import NotedMessage
from bot.slack.origin import Origin
from bot.slack.outbox.thread_messages import CARD
from bot.slack.read_commands import read_command
from bot.slack.shared_app import OTHER_BOT, SharedApp, note_of_shared_app
from bot.slack.slash_command import Reply, started_text
from bot.slack.views.blocks import Message
from bot.slack.views.checks import all_checks
from bot.slack.views.drill import EXERCISE, marked
from bot.slack.views.keep import early_note
from bot.slack.views.snapshot import snapshot_of
from bot.text import bold, escape, with_mentions
from commands.runbook import Page
from commands.signoff.notes import NoteText
from commands.signoff.permissions import Act
from commands.start.recommendation import Advice, advice
from commands.start.request import StartRequest, find_page, require_variables
from commands.start.starter import Started
from state.errors import GonogoError, NotAllowed, OtherRecord, Refused
from state.facts import Actor, Door
from state.records import Run

SHARED = 1.0  # seconds
NOTE_LIMIT = 1.0  # seconds that a form waits for its note: Slack gives 3 s to open it


class Acts:
    """The acts of people in Slack. Every method raises Refused, whose message the person reads."""

    def __init__(self, deps: Deps, membership: Membership, lanes: Lanes, shared: SharedApp | None = None) -> None:
        self.deps = deps
        self.shared = shared or SharedApp()
        self._membership = membership
        self._lanes = lanes
        self.handovers = HandoverActs(deps, membership, lanes)
        self._reads: dict[tuple[str, str, tuple[int, int]], tuple[float, asyncio.Future[Reply]]] = {}

    @property
    def record_name(self) -> str:
        """What tells this bot's record from another one; empty where nothing does."""
        return self.deps.store.key_name

    def require_record(self, name: str) -> None:
        """Raise OtherRecord if a button or form names another bot's record than this one."""
        here = self.record_name
        if name and here and name != here:
            self.shared.pressed_elsewhere()
            raise OtherRecord(OTHER_RECORD)

    def note_of_shared_app(self) -> str:
        """Which targets this bot serves, where another bot seems to use the same Slack app; empty where none does."""
        if not self.shared.is_likely:
            return ""
        return note_of_shared_app(page.runbook.target for page in self.deps.pages().values())

    async def press(self, origin: Origin, pressed: Press) -> str:
        """Do what a button says; returns the reply for its person."""
        lane = _lane(pressed.action)
        run = await self._lanes.run(
            lane, lambda: self._pressed_run(pressed.value, stops=pressed.action in actions.STOPS)
        )
        with refusals_marked(run):
            await self._require(origin, run, pressed.action)
            deps = await self._without_absent(run, pressed.action)
            if pressed.action == START_QUEUED:
                await self._require_planner(run)
            return of_drill(run, await self._lanes.run(lane, lambda: actions.press(deps, pressed)))

    async def queue(self, origin: Origin, request: StartRequest) -> str:
        """Queue a start behind the active run; returns the reply for its person."""
        await self._require_start(origin, request)
        actor = Actor(person=origin.person, door=Door.SLACK)
        return await self._lanes.run(
            Lane.ACT, lambda: started_text(Started(run=queue(self.deps, request, actor), warnings=()))
        )

    async def order(self, origin: Origin, order: QueueOrder) -> str:
        """Drop or move a queued start, typed as a command; returns the reply for its person."""
        await self.require_deploy_channel(origin)
        lane = _lane(order.action)
        run = await self._lanes.run(lane, lambda: queued_run(self.deps, order.number))
        await self._require(origin, run, order.action)
        if order.action == START_QUEUED:
            await self._require_planner(run)
        actor = Actor(person=origin.person, door=Door.SLACK)
        return await self._lanes.run(lane, lambda: carry_out(self.deps, order, actor))

    async def _require_planner(self, run: Run) -> None:
        """Raise NotAllowed if whoever queued a start in Slack is no member of its channel any more."""
        if run.starter_account:
            return
        page = await self._lanes.run(Lane.ACT, lambda: frozen_page(run))
        if not await self._membership.may_act_now(run.starter, channel_of(self.deps, run), page):
            raise NotAllowed(f"{run.starter} queued this and may not act here any more. Drop it, and start it anew.")

    async def type(self, origin: Origin, action: str, reason: str, press_id: str = "") -> str:
        """Do the same, typed as a command about the only active run. `press_id` is the command's own id."""
        lane = _lane(action)
        run = await self._lanes.run(lane, lambda: self._only_run(origin, action))
        with refusals_marked(run):
            await self._require(origin, run, action)
            deps = await self._without_absent(run, action)
            typed = self._lanes.run(lane, lambda: self._typed(deps, run, origin, action, reason, press_id))
            return of_drill(run, _named(run, await typed))

    async def start(self, origin: Origin, request: StartRequest) -> str:
        """Start a run; returns the reply for its person."""
        await self._require_start(origin, request)
        return await self._lanes.run(Lane.START, lambda: started_text(actions.start(self.deps, origin.person, request)))

    async def _require_start(self, origin: Origin, request: StartRequest) -> None:
        if not origin.on_home:  # there the page itself says in which channel somebody must be
            await self.require_deploy_channel(origin)
        page = find_page(self.deps.pages(), request.page)
        channel = self.deps.channel(page)
        if not channel:
            require_variables(page, self.deps.missing(page))
        await self._membership.require_member_now(origin, channel, page)

    async def frozen(self, pages: list[Page]) -> str:
        """Which freezes and locks are on for pages, for the start form, which Slack must open within 3 s."""
        with suppress(TimeoutError):
            async with asyncio.timeout(NOTE_LIMIT):
                lines = await self._lanes.run(
                    Lane.READ, lambda: [line for page in pages for line in freeze_lines_of(self.deps, page)]
                )
                return with_mentions("\n".join(list(dict.fromkeys(lines))[:4]))
        return ""

    async def freeze(self, origin: Origin, verb: str, words: str) -> str:
        """Freeze or lock what this channel deploys, or lift that; returns the reply for its person."""
        await self.require_deploy_channel(origin)
        said = await self._lanes.run(Lane.READ, lambda: meant(self.deps, words, origin.channel))
        for page in said.pages:
            await self._membership.require_member_now(origin, origin.channel, page)
        actor = Actor(person=origin.person, door=Door.SLACK)
        done = await self._lanes.run(Lane.ACT, lambda: act_on_freezes(self.deps, verb, said, actor))
        return with_mentions(done)

    async def read(self, origin: Origin, text: str) -> Reply:
        """The answer to a command that changes nothing and tells of runs."""
        await self.require_deploy_channel(origin)
        version = await self._lanes.run(Lane.READ, self.deps.store.version)
        return await self._shared_read(text, origin.channel, version)

    async def _shared_read(self, text: str, channel: str, version: tuple[int, int]) -> Reply:
        """The answer, drawn once for all who ask for the same within SHARED while nothing is written."""
        key, now = (" ".join(text.lower().split()), channel, version), time.monotonic()
        self._reads = {other: read for other, read in self._reads.items() if now - read[0] < SHARED}
        if key not in self._reads:
            reading = self._lanes.run(Lane.READ, lambda: read_command(self.deps, text, channel))
            self._reads[key] = (now, asyncio.ensure_future(reading))
        return await asyncio.shield(self._reads[key][1])

    async def checks(self, origin: Origin, value: str) -> Message:
        """All checks of the run of a button, as they are now."""
        await self.require_deploy_channel(origin)
        return await self._lanes.run(Lane.READ, lambda: self._checks(value))

    def _checks(self, value: str) -> Message:
        run = self._pressed_run(value, stops=False)
        checks = all_checks(snapshot_of(self.deps, frozen_page(run), self.deps.store.record(run.id)).status)
        return marked(checks, ()) if run.drill else checks

    async def pages_to_start(self, origin: Origin) -> list[Page]:
        """The pages for the start form; on an App Home, those of its person's channels. Raises Refused."""
        if not origin.on_home:
            await self.require_deploy_channel(origin)
            return list(self.deps.pages().values())
        channels = await self._lanes.run(Lane.READ, lambda: deploy_channels(self.deps))
        joined = (await self._membership.channels_of(origin, channels, ask=True)).joined
        if pages := [page for page in self.deps.pages().values() if self.deps.channel(page) in joined]:
            return pages
        raise Refused("You are in no channel that this bot deploys from. Join one first.")

    async def advice(self, pages: Sequence[Page]) -> Advice | None:
        """What speaks for which of the pages; None where that is not found out in time for a form."""
        served = {page.name: page for page in pages}
        with suppress(GonogoError, TimeoutError):
            async with asyncio.timeout(NOTE_LIMIT):
                now = self.deps.now()
                return await self._lanes.run(Lane.READ, lambda: advice(served, self.deps.past, now))
        return None

    async def require_deploy_channel(self, origin: Origin) -> None:
        """Raise Refused or NotAllowed if somebody asks outside the channels of runs, or may not be asked at all."""
        await self._lanes.run(Lane.READ, lambda: self._require_deploy_channel(origin))
        await self._membership.require_nothing_against(origin, origin.channel)

    async def run_of_form(self, origin: Origin, value: str) -> Run:
        """The run of a button that opens a form. Slack gives 3 s to open it, so this is quick.

        Raises if the form would be submitted in vain.
        """
        # a form to stop the run must open, and for every other one the run is read once more when it comes back
        run = await self._lanes.run(Lane.STOP, lambda: self._pressed_run(value, stops=True))
        channel = channel_of(self.deps, run)
        with refusals_marked(run):
            require_channel(origin, channel)
            if origin.on_home:  # an old Home may show a run whose channel its person has left
                await self._membership.require_nothing_against(origin, channel)
        return run

    async def run_to_note(self, origin: Origin, noted: NotedMessage) -> Run:
        """The run of whose report a message is part. Raises Refused if there is none. Nobody waits for it long."""
        await self._membership.require_nothing_against(origin, origin.channel)
        return await self._lanes.run(Lane.READ, lambda: self._run_of_message(origin.channel, noted))

    async def note(self, origin: Origin, value: str, note: NoteText) -> str:
        """Add a note to the report of the run that a button's value names; returns the reply for its person."""
        run = await self._lanes.run(Lane.ACT, lambda: self._pressed_run(value, stops=False))
        with refusals_marked(run):
            await self._require(origin, run, Act.NOTE)
            return of_drill(
                run, await self._lanes.run(Lane.ACT, lambda: actions.note(self.deps, run, origin.person, note))
            )

    def _run_of_message(self, channel: str, noted: NotedMessage) -> Run:
        """The active run in whose thread the message is, or else the only active run of the channel."""
        here = [run for run in self.deps.store.active_runs() if channel_of(self.deps, run) == channel]
        for run in here:
            if self.deps.store.posts(run.id).get(CARD) == noted.thread:
                return run
        if not here:
            raise Refused("No run is active in this channel, so there is no report to note this in.")
        if self.shared.is_likely:
            raise Refused(
                "Another bot seems to use the same Slack app. Use the shortcut in a thread of this bot's run."
            )
        if len(here) > 1:
            raise Refused("Several runs are active in this channel. Use the shortcut on a message in a run's thread.")
        return here[0]

    async def form_note(self, action: str, run: Run, value: str = "") -> str:
        """What the form of a button says above its field: what it is about. Nothing more where that takes too long."""
        notes = [EXERCISE] if run.drill else []
        early = action == "keep_early"
        with suppress(GonogoError, TimeoutError):
            async with asyncio.timeout(NOTE_LIMIT):
                read = partial(self._early_note, run.id) if early else partial(about_button, self.deps, run, value)
                note = await self._lanes.run(Lane.READ, read)
                notes.append(note if early else bold(note, 300))
        return "\n".join(filter(None, notes))

    def _early_note(self, number: int) -> str:
        run = actions.pressed_run(self.deps, ButtonValue(run=number), stops=False)
        return early_note(snapshot_of(self.deps, frozen_page(run), self.deps.store.record(run.id)))

    async def _require(self, origin: Origin, run: Run, action: str) -> None:
        channel = channel_of(self.deps, run)
        if action in STOPPING:
            await self._membership.require_nothing_against(origin, channel)
        else:
            page = await self._lanes.run(Lane.ACT, lambda: frozen_page(run))
            self.deps.alike.require(page)
            await self._membership.require_member_now(origin, channel, page)

    async def _without_absent(self, run: Run, action: str) -> Deps:
        """What the doors need to agree: whoever decided first holds no role if Slack says now that they may not act."""
        if action != "agree":
            return self.deps
        page = await self._lanes.run(Lane.ACT, lambda: frozen_page(run))
        first = await self._lanes.run(Lane.ACT, lambda: actions.first_people(self.deps, run))
        channel = channel_of(self.deps, run)
        absent = {person for person in first if not await self._membership.may_act_now(person, channel, page)}
        return replace(self.deps, absent=frozenset(absent))

    def _require_deploy_channel(self, origin: Origin) -> None:
        channels = deploy_channels(self.deps)
        if channels and origin.channel not in channels:
            raise Refused(f"/deploy works only in {' or '.join(sorted(channels))}. Type it there. {OTHER_BOT}")

    def _only_run(self, origin: Origin, action: str) -> Run:
        self._require_deploy_channel(origin)  # who is elsewhere is not told which runs there are
        return actions.the_run(self.deps, stops=action in actions.STOPS)

    def _pressed_run(self, value: str, *, stops: bool) -> Run:
        try:
            return actions.pressed_run(self.deps, read_button(value), stops=stops)
        except OtherRecord:
            self.shared.pressed_elsewhere()
            raise

    def _typed(self, deps: Deps, checked: Run, origin: Origin, action: str, reason: str, press_id: str) -> str:
        if actions.the_run(deps, stops=action in actions.STOPS).id != checked.id:
            raise Refused("Another run has begun meanwhile. Look at /deploy status, then type it again.")
        return actions.typed(deps, action, origin.person, reason, press_id)


def _named(run: Run, reply: str) -> str:
    """A reply to a command, which names no run, with the target of the run that it was about."""
    target = escape(run.target, 60)
    return reply if target in reply else f"{target}: {reply}"


def _lane(action: str) -> Lane:
    if action == START_QUEUED:
        return Lane.START
    return Lane.STOP if action in STOPPING else Lane.ACT

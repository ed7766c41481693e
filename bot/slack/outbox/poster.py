"""The poster: finds the runs to post to Slack, and starts a thread of messages for each."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.deps import Deps
from bot.slack.outbox.run_thread import RunThread
from bot.slack.outbox.sender import Sender
from bot.slack.presence import POSTED_FOR, Presence
from state.errors import BadRecord, NotOwner, Refused
from state.records import Run, RunState
from state.store import RecordStore
from state.store.database import Duty

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
LOOK = 1.0  # seconds between two looks at a record in which no run was started


class Poster:
    """Posts every run that is active or ended recently. A run in trouble, or with an old page, delays no other."""

    def __init__(self, client: AsyncWebClient, deps: Deps, presence: Presence | None = None) -> None:
        self.deps = deps
        self.presence = presence or Presence()
        self.sender = Sender(client)
        self._threads: dict[int, asyncio.Task[None]] = {}
        self._version: tuple[int, int] | None = None  # of the started runs when they were looked at
        self._looked_at = 0.0
        self._unreadable: set[int] = set()

    async def serve(self) -> None:
        """Post until cancelled; then let other bots post the runs at once."""
        try:
            while True:
                try:
                    if await asyncio.to_thread(self._is_due):
                        self._start_threads(await asyncio.to_thread(self._runs))
                        self.sender.share(*await asyncio.to_thread(self.deps.store.posting_bots))
                    self.presence.posts()
                except BadRecord as error:
                    # the message is enough, a traceback would hide it
                    LOG.error("posting to Slack waits: %s", error)  # noqa: TRY400
                except Exception:
                    LOG.exception("the poster continues after an error in the bot")
                await asyncio.sleep(POLL)
        finally:
            await self._hand_over()

    async def _hand_over(self) -> None:
        left = {run: task for run, task in self._threads.items() if not task.done()}
        for task in left.values():
            task.cancel()
        await asyncio.gather(*self._threads.values(), return_exceptions=True)
        await self.sender.settle()
        with suppress(BadRecord):  # without the session, others post them already
            await asyncio.to_thread(self.deps.store.hand_over, left, Duty.POSTS)

    def _is_due(self) -> bool:
        """Whether a run was started; now and then also if not: another bot may have left a run to be posted."""
        version, now = self.deps.store.version(0), time.monotonic()
        if version == self._version and now - self._looked_at < LOOK:
            return False
        self._version, self._looked_at = version, now
        return True

    def _start_threads(self, runs: list[tuple[Run, RecordStore]]) -> None:
        for run, store in runs:
            deps = self.deps if store is self.deps.store else replace(self.deps, store=store)
            try:
                sender = self.sender.behind() if run.ended_at else self.sender
                thread = RunThread(deps, sender, run)
            except Refused as error:
                self._unreadable.add(run.id)
                LOG.warning("run %s is not posted: this version of gonogo cannot read its page. %s", run.id, error)
                continue
            self._threads[run.id] = asyncio.create_task(self._post(thread))

    async def _post(self, thread: RunThread) -> None:
        """Post a run, to its end or until another bot posts it."""
        run = thread.run.id
        try:
            await thread.post_all()
        except NotOwner as error:
            LOG.warning("run %s is posted by another bot: %s", run, error)
            del self._threads[run]
        else:
            await asyncio.to_thread(self.deps.store.release, run, Duty.POSTS)

    def _runs(self) -> list[tuple[Run, RecordStore]]:
        """The runs that this bot begins to post now, each with the record as its poster uses it."""
        store = self.deps.store
        runs = {run.id: run for run in [*store.active_runs(), *store.runs(20), *store.queued(), *store.of_queue(20)]}
        known = self._threads.keys() | self._unreadable
        recent = [run for _, run in sorted(runs.items()) if run.active or self._is_recent(run)]
        new = [run for run in recent if run.id not in known]
        elsewhere = self.deps.store.owned_elsewhere(Duty.POSTS) if new else frozenset()
        free = [(run, self.deps.store.owned(run.id, Duty.POSTS)) for run in new if run.id not in elsewhere]
        return [(run, store) for run, store in free if store]

    def _is_recent(self, run: Run) -> bool:
        """Whether a run ended not long ago, or was kept and has still told something since, as what followed it."""
        since = self.deps.now() - POSTED_FOR
        if run.ended_at is None or run.ended_at > since or run.id in self._threads:
            return True
        newest = self.deps.store.newest_event_at(run.id) if run.state == RunState.KEPT else None
        return newest is not None and newest > since

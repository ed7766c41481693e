"""The poster: finds the runs to post to Slack, and starts a thread of messages for each."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.deps import Deps
from bot.slack.outbox.run_thread import RunThread
from bot.slack.outbox.sender import Sender
from state.errors import NotOwner
from state.records import Run, RunState
from state.store import RecordStore

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
POSTED_FOR = timedelta(days=1)  # a run that ended longer ago is not posted any more


class Poster:
    """Posts every run that is active or ended recently. A run in trouble delays no other."""

    def __init__(self, client: AsyncWebClient, deps: Deps) -> None:
        self.deps = deps
        self.sender = Sender(client)
        self._threads: dict[int, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Post until cancelled."""
        try:
            while True:
                try:
                    self._start_threads(await asyncio.to_thread(self._runs))
                except Exception:
                    LOG.exception("the poster continues after an error in the bot")
                await asyncio.sleep(POLL)
        finally:
            for task in self._threads.values():
                task.cancel()
            await asyncio.gather(*self._threads.values(), return_exceptions=True)

    def _start_threads(self, runs: list[tuple[Run, RecordStore]]) -> None:
        for run, store in runs:
            self._threads[run.id] = asyncio.create_task(self._post(run, store))

    async def _post(self, run: Run, store: RecordStore) -> None:
        """Post a run, to its end or until another bot posts it."""
        try:
            deps = self.deps if store is self.deps.store else replace(self.deps, store=store)
            await RunThread(deps, self.sender, run).post_all()
        except NotOwner as error:
            LOG.warning("run %s is posted by another bot: %s", run.id, error)
            del self._threads[run.id]
        else:
            await asyncio.to_thread(self.deps.store.release_posts, run.id)

    def _runs(self) -> list[tuple[Run, RecordStore]]:
        """The runs that this bot begins to post now, each with the record as its poster uses it."""
        recent = [run for run in reversed(self.deps.store.runs(20)) if run.active or self._is_recent(run)]
        new = [(run, self.deps.store.posted_by_us(run.id)) for run in recent if run.id not in self._threads]
        return [(run, store) for run, store in new if store]

    def _is_recent(self, run: Run) -> bool:
        """Whether a run ended not long ago, or was kept and has still told something since, as what followed it."""
        since = self.deps.now() - POSTED_FOR
        if run.ended_at is None or run.ended_at > since or run.id in self._threads:
            return True
        newest = self.deps.store.newest_event_at(run.id) if run.state == RunState.KEPT else None
        return newest is not None and newest > since

"""The poster: finds the runs to post to Slack, and starts a thread of messages for each."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.deps import Deps
from bot.slack.outbox.run_thread import RunThread
from bot.slack.outbox.sender import Sender
from state.errors import Refused
from state.records import Run, RunState

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
POSTED_FOR = timedelta(days=1)  # a run that ended longer ago is not posted any more


class Poster:
    """Posts every run that is active or ended recently. A run in trouble, or with an old page, delays no other."""

    def __init__(self, client: AsyncWebClient, deps: Deps) -> None:
        self.deps = deps
        self.sender = Sender(client)
        self._threads: dict[int, asyncio.Task[None]] = {}
        self._unreadable: set[int] = set()

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

    def _start_threads(self, runs: list[Run]) -> None:
        for run in runs:
            if run.id in self._threads or run.id in self._unreadable:
                continue
            try:
                thread = RunThread(self.deps, self.sender, run)
            except Refused as error:
                self._unreadable.add(run.id)
                LOG.warning("run %s is not posted: this version of gonogo cannot read its page. %s", run.id, error)
                continue
            self._threads[run.id] = asyncio.create_task(thread.post_all())

    def _runs(self) -> list[Run]:
        return [run for run in reversed(self.deps.store.runs(20)) if run.active or self._is_recent(run)]

    def _is_recent(self, run: Run) -> bool:
        """Whether a run ended not long ago, or was kept and has still told something since, as what followed it."""
        since = self.deps.now() - POSTED_FOR
        if run.ended_at is None or run.ended_at > since or run.id in self._threads:
            return True
        newest = self.deps.store.newest_event_at(run.id) if run.state == RunState.KEPT else None
        return newest is not None and newest > since

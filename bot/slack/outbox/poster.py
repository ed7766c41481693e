"""The poster: finds the runs that are to be told in Slack, and gives each its carrier."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.doors.deps import Deps
from bot.slack.outbox.run_thread import RunThread
from bot.slack.outbox.sender import Sender
from state.records import Run

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
STALE = timedelta(days=1)  # runs that ended before that are not told any more


class Poster:
    """Carries every run that is active or ended lately; a run in trouble holds up no other."""

    def __init__(self, client: AsyncWebClient, deps: Deps) -> None:
        self.deps = deps
        self.sender = Sender(client)
        self._threads: dict[int, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Carry until cancelled."""
        try:
            while True:
                try:
                    self._take_up(await asyncio.to_thread(self._runs))
                except Exception:
                    LOG.exception("the poster goes on after an error of its own")
                await asyncio.sleep(POLL)
        finally:
            for task in self._threads.values():
                task.cancel()
            await asyncio.gather(*self._threads.values(), return_exceptions=True)

    def _take_up(self, runs: list[Run]) -> None:
        for run in runs:
            if run.id not in self._threads:
                self._threads[run.id] = asyncio.create_task(RunThread(self.deps, self.sender, run).carry())

    def _runs(self) -> list[Run]:
        since = self.deps.now() - STALE
        return [r for r in reversed(self.deps.store.runs(20)) if r.active or (r.ended_at and r.ended_at > since)]

"""The papers of a run in its thread: a chart beside the status posts of the watch, and the report when the run is over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.doors.deps import Deps
from bot.report.alt import alt_text
from bot.report.build import chart_of, panels_of, report_of
from bot.report.chart import draw_chart
from bot.report.html import as_html
from bot.report.layout import headline
from bot.report.markdown import as_markdown
from bot.slack.outbox.sender import RefusedBySlack, Sender
from bot.slack.views.blocks import Upload
from bot.text import clip
from commands.progress.step_state import WATCH
from commands.runbook import Page
from state.records import AttemptState, Event, Run

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
CHART_EVERY = 45.0  # seconds between two charts at the least: in a rehearsal the status posts come every few seconds
MOST_ALT = 900  # Slack takes 1,000 characters


class Attachments:
    """Makes the files of one run and puts them into its thread; what cannot be made is logged and holds up nothing."""

    def __init__(self, deps: Deps, sender: Sender, run: Run, page: Page) -> None:
        self.deps = deps
        self.sender = sender
        self.run = run
        self.page = page
        self._due: Event | None = None
        self._drawn_at = float("-inf")

    # -- charts ---------------------------------------------------------------------------------------------------

    def want_chart(self, status: Event) -> None:
        """A status post was told; its chart follows by itself, unless a newer one does."""
        self._due = status

    async def draw_charts(self, channel: str, thread: str, told: asyncio.Event) -> None:
        """Draw beside the telling, which never waits for it; returns when all is told."""
        while not told.is_set():
            status, self._due = self._due, None
            if status and time.monotonic() - self._drawn_at >= CHART_EVERY:
                self._drawn_at = time.monotonic()
                if file := await asyncio.to_thread(self._chart, status):
                    await self._upload(channel, thread, file, look=False)
            await asyncio.sleep(POLL)

    def _chart(self, status: Event) -> Upload | None:
        try:
            record = self.deps.store.record(self.run.id)
            watch = record.last(WATCH)
            if watch is None or watch.state != AttemptState.RUNNING or record.rollback:
                return None
            panels = panels_of(self.page, record)
            picture = draw_chart(panels)
        except Exception:
            LOG.exception("run %s: the chart cannot be made; the run goes on without it", self.run.id)
            return None
        name = f"run-{self.run.id}-{status.id}-chart.png"
        alt = clip(alt_text(panels), MOST_ALT)
        return Upload(name=name, title="The watch so far", content=picture, alt=alt) if picture else None

    # -- the report -----------------------------------------------------------------------------------------------

    async def report(self, channel: str, thread: str, *, look: bool) -> None:
        """Put the report of the ended run into the thread, as a page and as Markdown; with `look` they may be there already."""
        names = await self._names()
        for file in await asyncio.to_thread(self._report, names):
            await self._upload(channel, thread, file, look=look)

    def _report(self, names: Mapping[str, str]) -> list[Upload]:
        try:
            deps = self.deps
            report = report_of(deps.store, self.run, deps.people(self.page), deps.now(), names)
            title, name = clip(headline(report), 120), f"run-{self.run.id}-report"
            page = as_html(report, chart_of(report))
            return [
                Upload(name=f"{name}.html", title=f"Report (HTML): {title}", content=page),
                Upload(name=f"{name}.md", title=f"Report (Markdown): {title}", content=as_markdown(report)),
            ]
        except Exception:
            LOG.exception("run %s: the report cannot be made; `gonogo report %s` shows why", self.run.id, self.run.id)
            return []

    async def _names(self) -> dict[str, str]:
        """The names of the people in the record, as far as Slack tells them; the report shows ids for the others."""
        record = await asyncio.to_thread(self.deps.store.record, self.run.id)
        people = {record.run.starter, *(fact.person for fact in record.facts)}
        found = {}
        for person in sorted(one for one in people if one.startswith(("U", "W"))):
            try:
                profile = (await self.sender.client.users_info(user=person))["user"]
                found[person] = str(profile.get("real_name") or profile.get("name") or person)
            except (SlackApiError, KeyError):
                LOG.info("run %s: Slack tells no name of %s", self.run.id, person)
            except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
                LOG.info("run %s: Slack is away; the report names people by their ids", self.run.id)
                break
        return found

    async def _upload(self, channel: str, thread: str, file: Upload, *, look: bool) -> None:
        try:
            await self.sender.upload(channel, thread, file, look=look)
        except RefusedBySlack as error:
            LOG.warning("run %s: Slack refuses the file %s (%s)", self.run.id, file.name, error)

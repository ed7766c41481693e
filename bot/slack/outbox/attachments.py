"""The files of a run in its thread: charts of the watch, and the report at the end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from bot.doors.deps import Deps
from bot.report.alt import alt_text
from bot.report.build import chart_of, panels_of, report_of
from bot.report.chart import draw_chart
from bot.report.html import as_html
from bot.report.layout import headline
from bot.report.markdown import as_markdown
from bot.slack.outbox.names import Names
from bot.slack.outbox.refusals import GoneFromSlack, RefusedBySlack
from bot.slack.outbox.thread_messages import CARD, ThreadMessages
from bot.slack.views.blocks import Message, Upload
from bot.text import clip
from commands.progress.step_state import WATCH
from commands.runbook import Page
from state.errors import BadRecord, UnreadableRun
from state.events import RunMoved, StatusDue, StepEnded
from state.facts import HandoverOffer, Note
from state.records import ACTIVE, AttemptState, Event, Run

LOG = logging.getLogger("gonogo.slack")
POLL = 0.2  # seconds
CHART_INTERVAL = 45.0  # seconds between two charts, at least: a rehearsal has a status post every few seconds
NAMES_LIMIT = 60.0  # seconds that the report waits for the names of people
ALT_LIMIT = 900  # characters; Slack takes 1,000


class Attachments:
    """Makes the files of one run and uploads them to its thread. A file that fails is logged, and delays nothing."""

    def __init__(self, deps: Deps, messages: ThreadMessages, run: Run, page: Page) -> None:
        self.deps = deps
        self.messages = messages
        self.run = run
        self.page = page
        self._chart_due: Event | None = None
        self._drawn_at = float("-inf")

    def has_files(self, event: Event, drawn: Message) -> bool:
        """Whether files belong to an event; a chart that belongs to a status post is requested by this."""
        if isinstance(event.data, StatusDue):
            self._chart_due = event  # a newer request replaces an older one
        return (isinstance(event.data, StepEnded) and drawn.upload is not None) or _ends_run(event)

    async def post(self, event: Event, drawn: Message, *, may_exist: bool) -> None:
        """Upload the files of an event. With `may_exist` they may be there already."""
        if isinstance(event.data, StepEnded) and drawn.upload:
            await self._upload(drawn.upload, may_exist=may_exist)
        elif _ends_run(event):
            names = await self._names()
            for file in await asyncio.to_thread(self._report, names):
                await self._upload(file, may_exist=may_exist)

    # -- charts ---------------------------------------------------------------------------------------------------

    async def post_charts(self, all_posted: asyncio.Event) -> None:
        """Draw and upload the requested charts, while messages are posted; returns when all of those are posted."""
        while not all_posted.is_set():
            status, self._chart_due = self._chart_due, None
            if status and time.monotonic() - self._drawn_at >= CHART_INTERVAL:
                self._drawn_at = time.monotonic()
                if file := await asyncio.to_thread(self._chart, status):
                    await self._upload(file, may_exist=False)
            await asyncio.sleep(POLL)

    def _chart(self, status: Event) -> Upload | None:
        try:
            record = self.deps.store.record(self.run.id)
            watch = record.last(WATCH)
            if watch is None or watch.state != AttemptState.RUNNING or record.rollback:
                return None
            panels = panels_of(self.page, record)
            picture = draw_chart(panels)
        except Exception as error:
            _require_record(error)
            LOG.exception("run %s: the chart cannot be drawn; the run continues without it", self.run.id)
            return None
        name = f"run-{self.run.id}-{status.id}-chart.png"
        alt = clip(alt_text(panels), ALT_LIMIT)
        return Upload(name=name, title="The watch so far", content=picture, alt=alt) if picture else None

    # -- the report -----------------------------------------------------------------------------------------------

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
        except Exception as error:
            _require_record(error)
            LOG.exception("run %s: the report cannot be made; `gonogo report %s` shows why", self.run.id, self.run.id)
            return []

    async def _names(self) -> dict[str, str]:
        """The names of the people in the record, by id. The report shows the id of a person whose name is unknown."""
        record = await asyncio.to_thread(self.deps.store.record, self.run.id)
        people = {record.run.starter, *(fact.person for fact in record.facts)}
        people |= {fact.author for fact in record.facts if isinstance(fact, Note)}
        people |= {fact.to for fact in record.facts if isinstance(fact, HandoverOffer)}
        return await Names(self.messages.sender.client, limit=NAMES_LIMIT).of(people)

    async def _upload(self, file: Upload, *, may_exist: bool) -> None:
        messages = self.messages
        while True:
            card = messages.posts[CARD]
            try:
                await messages.sender.upload(
                    messages.channel, card, file, may_exist=may_exist, ask_first=messages.require_lock
                )
            except GoneFromSlack as error:
                await messages.renew_card(card, error)
            except RefusedBySlack as error:
                LOG.warning("run %s: Slack refuses the file %s (%s)", self.run.id, file.name, error)
                return
            else:
                return


def _ends_run(event: Event) -> bool:
    return isinstance(event.data, RunMoved) and event.data.state not in ACTIVE and not event.data.watch


def _require_record(error: Exception) -> None:
    """Raise the error again where only the record is away: the file is made when that is there again."""
    if isinstance(error, BadRecord) and not isinstance(error, UnreadableRun):
        raise error

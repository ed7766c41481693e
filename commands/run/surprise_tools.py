"""Plays the surprise of a drill: one attempt's tools, with what the surprise does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from commands.ports.clock import Clock
from commands.ports.shell import CommandResult, Job, OutputListener, Shell, ignore_output
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest, HttpResponse, Web
from commands.progress.surprises import (
    FAILING_TEST,
    LATE_AT,
    LATE_ROLLBACK,
    SLOW_API,
    SLOWER_BY,
    WRONG_STATUS,
    failing_step,
    late_step,
    slow_from,
    story_of,
)
from commands.runbook.page import Page, PageStep, Part
from commands.steps.execution import wait
from state.frozen import dataclass
from state.records import Record
from state.store import RecordStore


def tools_of_attempt(tools: Tools, store: RecordStore, page: Page, record: Record, step: PageStep) -> Tools:
    """The tools of an attempt that begins now: these very ones, but where the surprise of a drill acts on the step.

    All of it is read from the record, so a bot that takes the run over plays the same.
    """
    story = story_of(record, store)
    if story is SLOW_API and step.part == Part.WATCH and step.box.kind == "http" and not record.rollback:
        begins = slow_from(record)
        return replace(tools, web=_SlowWeb(tools.web, tools.clock, begins)) if begins else tools
    if story is FAILING_TEST and step == failing_step(page) and not record.rollback:
        return replace(tools, web=_FailingWeb(tools.web))
    if story is LATE_ROLLBACK and step == late_step(page) and record.rollback:
        lasts = page.rollback.within * LATE_AT
        return replace(tools, shell=_LateShell(tools.shell, tools.clock, record.rollback.at + lasts, lasts))
    return tools


@dataclass(frozen=True)
class _SlowWeb:
    """Answers are slower from `begins` on, and just within their limit: what was sent has its answer."""

    web: Web
    clock: Clock
    begins: datetime

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        response = self.web.request(place, call)
        if self.clock.now() < self.begins:
            return response
        return replace(response, seconds=min(response.seconds + SLOWER_BY, call.limit))

    def close(self) -> None:
        self.web.close()


@dataclass(frozen=True)
class _FailingWeb:
    """The service answers that it has failed."""

    web: Web

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        response = self.web.request(place, call)
        headers = {"content-type": "text/plain"}
        return replace(response, status=WRONG_STATUS, text="Internal Server Error", headers=headers, cut=False)

    def close(self) -> None:
        self.web.close()


class _LateShell:
    """No job begins before `until`, and none is kept waiting for longer than `longest`. The rest is the shell's."""

    def __init__(self, shell: Shell, clock: Clock, until: datetime, longest: timedelta) -> None:
        self.job_status = shell.job_status
        self.end = shell.end
        self.remove_jobs = shell.remove_jobs
        self.ask = shell.ask
        self.close = shell.close
        self._shell = shell
        self._clock = clock
        self._until = until
        self._longest = longest

    def run(self, host: str, job: Job, *, stop: Event, on_output: OutputListener = ignore_output) -> CommandResult:
        left = min(self._until - self._clock.now(), self._longest)
        wait(self._clock, stop, left.total_seconds())
        return self._shell.run(host, job, stop=stop, on_output=on_output)

"""The World: the one fake of the tests, which plays all the tools in memory.

A `World()` answers every step of the shipped Option A page happily. `on_host`, `on_sql` and `on_web` say otherwise for
what matches a regular expression; the newest word counts. Nothing here sleeps longer than its clock says.
"""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from bot.tools.analysis import CodeAnalysis
from commands.ports.analysis import Finding
from commands.ports.browser import BrowserResult, Visit
from commands.ports.database import Migration, MigrationResult, Rows
from commands.ports.page_text import DatabaseAddress, PageText, Text
from commands.ports.scratch_server import ScratchNeeds
from commands.ports.shell import TAIL, CommandResult, Job, JobStatus, OutputListener, ignore_output
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest, HttpResponse
from state.errors import Failed, LostTrack, Stopped, Unreachable
from tests.clock import Clock
from tests.production import Production, ended

Reply = Any  # what a tool answers: a value, an exception to raise, or a function of the request that gives one of these


def usual_rate() -> float:
    """Seconds of a World for each of ours; fewer on a busy machine, whose tests act too late otherwise."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(50.0, 200.0 / max(1.0, busy))


class World(Production):
    """The small production: its state is in plain attributes, what was done to it in `begun`, `calls` and `applied`."""

    def __init__(self, *, rate: float | None = None) -> None:
        super().__init__()
        self.clock = Clock(rate=usual_rate() if rate is None else rate)
        self.no_browser: str | None = None
        # why no throw-away server can be had, why one that was lent is lost, and how many are not given back
        self.no_scratch, self.scratch_lost, self.not_given_back = "", "", 0
        self.lent: list[ScratchNeeds] = []
        self.remarks: list[Finding] = []
        self.places = {"host production: address": "1", "database production: address": "2"}
        self.seen = BrowserResult(title="DJ-System", missing=(), console=(), bad_answers=())
        self.visits: list[Visit] = []
        # job key -> how often it was really started
        self.begun: Counter[str] = Counter()
        self.finished: dict[str, CommandResult | None] = {}
        self.applied: Counter[str] = Counter()
        self.calls: list[tuple[str, str, str]] = []
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.lock = threading.RLock()
        self._on: dict[str, list[tuple[str, Reply]]] = {"host": [], "sql": [], "web": []}

    def tools(self) -> Tools:
        """All of them."""
        return Tools(
            shell=_Shell(self),
            database=_Database(self),
            web=_Web(self),
            browser=_Browser(self),
            analysis=_Analysis(self),
            scratch=_Scratch(self),
            clock=self.clock,
            places=lambda: self.places,
        )

    def on_host(self, pattern: str, reply: Reply) -> None:
        """Answer scripts (jobs and questions) that match so."""
        self._on["host"].insert(0, (pattern, reply))

    def on_sql(self, pattern: str, reply: Reply) -> None:
        """Answer queries, and files by their text or name, so."""
        self._on["sql"].insert(0, (pattern, reply))

    def on_web(self, pattern: str, reply: Reply) -> None:
        """Answer requests "METHOD place path" so."""
        self._on["web"].insert(0, (pattern, reply))

    def fail(self, pattern: str, code: int = 1, output: str = "it failed") -> None:
        """Let matching scripts end with a code."""
        self.on_host(pattern, ended(output, code))

    def hang(self, pattern: str) -> None:
        """Let matching jobs run until they are stopped."""
        self.on_host(pattern, HANG)

    def finish(self, pattern: str) -> None:
        """Let jobs that hang under this very pattern come to their end."""
        self._on["host"] = [one for one in self._on["host"] if one != (pattern, HANG)]

    def forget(self, pattern: str) -> None:
        """Answer scripts that match this very pattern as before again."""
        self._on["host"] = [one for one in self._on["host"] if one[0] != pattern]

    def lose(self, pattern: str) -> None:
        """Let the connection break after matching jobs did their work."""
        self.on_host(pattern, LOSE)

    def unreachable(self, sort: str = "host") -> None:
        """Let no host ("host"), database ("sql") or web place ("web") be reached."""
        self._on[sort].insert(0, ("", Unreachable("It cannot be reached: nobody listens there.")))

    def reply(self, sort: str, words: str, request: Any, otherwise: Callable[[], Any]) -> Any:
        """The newest fitting answer, or the happy one."""
        for pattern, said in self._on[sort]:
            if re.search(pattern, words):
                found = said(request) if callable(said) and not isinstance(said, Exception) else said
                if isinstance(found, Exception):
                    raise found
                return found
        return otherwise()


HANG, LOSE = object(), object()


def shown(texts: Mapping[str, Text]) -> dict[str, str]:
    """The variables of a script as texts, with their values; a `$NAME` stays as it is."""
    return {name: str(text) for name, text in texts.items()}


def as_sent(body: Any) -> Any:
    """The body of a request with its texts as they are sent, but for each `$NAME`."""
    if isinstance(body, dict):
        return {key: as_sent(value) for key, value in body.items()}
    if isinstance(body, list):
        return [as_sent(item) for item in body]
    return str(body) if isinstance(body, PageText) else body


@dataclass
class _Shell:
    world: World

    def run(self, host: str, job: Job, *, stop: Event, on_output: OutputListener = ignore_output) -> CommandResult:
        with self.world.lock:
            if kept := self.world.finished.get(job.key):
                return kept
            reply = self.world.reply("host", job.script, job, lambda: None)
            if job.key not in self.world.finished:
                self.world.begun[job.key] += 1
                self.world.finished[job.key] = None
            if reply is not HANG:
                whole = self.world.host_does(job.script, shown(job.env)) if reply in {None, LOSE} else reply
                self.world.finished[job.key] = whole
        if reply is HANG:
            while not stop.wait(0.05):
                with self.world.lock:
                    if self.world.reply("host", job.script, job, lambda: None) is not HANG:
                        self.world.finished[job.key] = whole = self.world.host_does(job.script, shown(job.env))
                        return whole
            with self.world.lock:
                self.world.finished[job.key] = ended("stopped", 143)
            raise Stopped("Stopped by a person.")
        if reply is LOSE:
            raise LostTrack("The host could not be reached again.")
        return whole

    def job_status(self, host: str, key: str) -> JobStatus:
        self.world.reply("host", "look", key, lambda: None)
        if key not in self.world.finished:
            return JobStatus(state="absent")
        kept = self.world.finished[key]
        return JobStatus(state="finished", finished=kept) if kept else JobStatus(state="running")

    def end(self, host: str, key: str) -> None:
        with self.world.lock:
            self.world.finished[key] = self.world.finished.get(key) or ended("stopped", 143)

    def close(self) -> None:
        """Nothing is open."""

    def remove_jobs(self, host: str, run: str) -> bool:
        return bool(self.world.reply("host", f"remove jobs of {run}", host, lambda: True))

    def ask(
        self, host: str, script: str, *, env: Mapping[str, Text] | None = None, limit: float = 30, keep: int = TAIL
    ) -> CommandResult:
        with self.world.lock:
            texts = shown(env or {})
            self.world.asked.append((script, texts))
            happy = self.world.host_does(script, texts)
            found: CommandResult = self.world.reply("host", script, (script, texts), lambda: happy)
            return found


@dataclass
class _Database:
    world: World

    def query(self, database: str, sql: Text, *, limit: float = 30, in_any_zone: bool = False) -> Rows:
        text = str(sql)
        with self.world.lock:
            found: Rows = self.world.reply("sql", text, text, lambda: self.world.sql_says(text))
            return found

    def apply(
        self, database: str, migration: Migration, *, stop: Event, on_output: OutputListener = ignore_output
    ) -> MigrationResult:
        with self.world.lock:
            if self.world.applied[migration.key] and migration.receipt:
                return MigrationResult(already=True, seconds=0.1)
            self.world.reply("sql", f"{migration.name}\n{migration.text}", migration, lambda: None)
            self.world.forward = "ROLLBACK" not in migration.name
            self.world.applied[migration.key] += 1
            return MigrationResult(already=False, seconds=0.4)

    def has_receipt(self, database: str, key: str, *, limit: float = 30) -> bool:
        return self.world.applied[key] > 0

    def identity(self, database: str) -> str:
        return f"server of {database}"

    def names_at(self, address: DatabaseAddress, *, only: bool = False) -> tuple[str, ...]:
        return ()


@dataclass
class _Scratch:
    world: World
    address: DatabaseAddress = field(default_factory=lambda: DatabaseAddress("$GONOGO_SCRATCH_1"))

    def check(self, host: str, need: ScratchNeeds) -> None:
        if self.world.no_scratch:
            raise Failed(self.world.no_scratch)

    @contextmanager
    def start(self, host: str, need: ScratchNeeds, *, stop: Event) -> Iterator[_Scratch]:
        self.check(host, need)
        self.world.lent.append(need)
        self.world.not_given_back += 1
        try:
            yield self
        finally:
            self.world.not_given_back -= 1

    def failure(self) -> str:
        return self.world.scratch_lost


@dataclass
class _Analysis(CodeAnalysis):
    """The real programs, but for squawk's remarks, which the test gives."""

    world: World

    def lint(self, sql: str) -> list[Finding]:
        return self.world.remarks


@dataclass
class _Web:
    world: World

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        with self.world.lock:
            self.world.calls.append((call.method, place, str(call.path)))
            words = f"{call.method} {place} {call.path}"
            sent = replace(call, path=str(call.path), headers=shown(call.headers), json=as_sent(call.json))
            found: HttpResponse = self.world.reply("web", words, sent, lambda: self.world.web_says(place, sent))
            return found

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class _Browser:
    world: World

    def unavailable(self) -> str | None:
        return self.world.no_browser

    def launch_error(self) -> str | None:
        return None

    def visit(self, place: str, visit: Visit) -> BrowserResult:
        self.world.visits.append(visit)
        return self.world.seen

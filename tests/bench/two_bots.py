"""Two bots that serve one record in PostgreSQL, with runs of many targets in many channels."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bot.rehearsal.record_server import RecordServer
from bot.rehearsal.target.postgres import SUPERUSER
from bot.rehearsal.workspace import Channel, Message, Workspace
from bot.rehearsal.workspace.workspace_state import BOT_USER
from commands.runbook import read_page
from commands.runbook.page import Part
from commands.start.request import StartRequest
from state.journal import RecordKey
from state.postgres.address import PostgresAddress
from state.postgres.numbers import OWNER
from state.postgres.store import PostgresStore
from state.records import AttemptState
from state.store import RecordStore
from tests.bench.bot_processes import STARTER, bot_environment, gonogo, resident_megabytes, temporary_folder
from tests.bench.load import (
    DBA,
    LEAD,
    silent_host,
    site_of_checks,
    variables_of,
    watched_page,
    write_slow_page,
    write_watched_run,
)

RUNS, BOTS, CHANNELS = 100, 2, 50
CHECKS, EVERY = 3, timedelta(minutes=15)  # of each run's page
KEY = "0123456789abcdef0123456789abcdef"
CACHE = Path(".cache/bench-runs")
QUIET = 10.0  # seconds without a new message
# as PostgreSQL logs them, of the bots only
_STATEMENT = re.compile(rb"^gonogo (?:serve|listens) LOG:  (?:statement|execute [^:]*): ", re.MULTILINE)
_LOGGED = ("log_statement = 'all'", "log_line_prefix = '%a '")
_RUNS = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = {OWNER} AND granted GROUP BY pid"


@dataclass
class TwoBots:
    """The bots, their workspace, and the record with its PostgreSQL. `page` is the text of every run's page."""

    server: RecordServer
    workspace: Workspace
    store: RecordStore
    processes: list[subprocess.Popen[bytes]]
    page: str
    posted_at: dict[str, float] = field(default_factory=dict)  # when each message appeared, by its ts
    runs: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspace.state.message_listeners.append(self._note)

    def _note(self, message: Message, change: str) -> None:
        if change == "posted":
            self.posted_at[message.ts] = time.time()

    def begin_runs(self, *, speed: float, seconds: float) -> None:
        """Begin the runs one after the other within so many seconds, each at the begin of its watch."""
        began = time.monotonic()
        for number in range(RUNS):
            time.sleep(max(0.0, began + number * seconds / RUNS - time.monotonic()))
            page = read_page(self.page.replace('target = "shop"', f'target = "shop{number}"'), f"shop{number}.md")
            with self.store.alone(number + 1):  # no bot begins anything before all is written
                request = StartRequest(channel=_channel(number % CHANNELS), speed=speed)
                self.runs.append(write_watched_run(self.store, page, request, datetime.now(UTC)))

    async def until_all_have_cards(self) -> None:
        """Wait until every run's card is posted: Slack answers 50 looks into a channel a minute, one for each card."""
        async with asyncio.timeout(600):
            while sum(not message.thread_ts for message in self.workspace.state.messages) < len(self.runs):
                await asyncio.sleep(1)

    async def until_quiet(self) -> None:
        """Wait until every run has its first checks, and nothing more is posted."""
        async with asyncio.timeout(600):
            while not await asyncio.to_thread(self._all_have_checked):
                await asyncio.sleep(1)
            while time.time() - max(self.posted_at.values(), default=0) < QUIET:
                await asyncio.sleep(1)

    def _all_have_checked(self) -> bool:
        checks = {step.id for step in read_page(self.page, "shop.md").part(Part.WATCH)}
        return len(self.posted_at) >= RUNS and all(
            checks <= {attempt.step for attempt in record.attempts if attempt.state == AttemptState.DONE}
            for record in self.store.records(self.runs)
        )

    def statements(self) -> int:
        """How many statements the bots' PostgreSQL has carried out so far."""
        return len(_STATEMENT.findall((self.server.host.logs / "postgres.log").read_bytes()))

    def fewest_runs(self) -> int:
        """How many runs the bot carries out that carries out fewer."""
        return min((int(str(row[0])) for row in [*self.server.query(_RUNS), (0,) * BOTS][:BOTS]), default=0)

    def processor_seconds(self) -> float:
        """The processor time of both bots so far."""
        stats = [Path(f"/proc/{process.pid}/stat").read_text() for process in self.processes]
        ticks = (int(ticks) for stat in stats for ticks in stat.rpartition(")")[2].split()[11:13])
        return sum(ticks) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """The memory of the larger bot."""
        return max(resident_megabytes(process.pid) for process in self.processes)

    async def acknowledged(self, commands: int, seconds: float) -> list[float]:
        """The seconds until each of so many commands is acknowledged, which come within so many seconds.

        Slack gives one up after 3 s.
        """
        times = []
        for number in range(commands):
            reply = await self.workspace.command(STARTER.id, ("/deploy help", "/deploy status")[number % 2])
            times.append(reply.seconds)
            await asyncio.sleep(max(0.0, seconds / commands - reply.seconds))
        return times


@asynccontextmanager
async def two_bots() -> AsyncIterator[TwoBots]:
    """Two bots without a run, which hear the workspace's commands."""
    with temporary_folder() as name, _record_server(Path(name)) as server:
        folder, address = Path(name), server.address(server.port)
        write_slow_page(folder)
        async with site_of_checks() as site, silent_host() as host, _workspace() as workspace:
            env = bot_environment(workspace) | variables_of(folder, site.url, host, 1)
            env |= {"GONOGO_STATE": address, "GONOGO_RECORD_KEY": KEY, "GONOGO_CHANNEL": _channel(0)}
            with _processes(folder, env) as processes:
                while len(workspace.sockets) < BOTS:
                    assert all(process.poll() is None for process in processes), "a bot has ended"
                    await asyncio.sleep(0.1)
                with closing(PostgresStore(PostgresAddress(address), key=RecordKey(KEY.encode()))) as store:
                    yield TwoBots(server, workspace, store, processes, watched_page(CHECKS, "15 min"))


@asynccontextmanager
async def _workspace() -> AsyncIterator[Workspace]:
    people = (STARTER, DBA, LEAD)
    workspace = Workspace(people, _channel(0), strict_rate_limits=True)
    members = {person.id for person in people} | {BOT_USER}
    for number in range(CHANNELS):
        workspace.state.channels[_channel(number)] = Channel(_channel(number), f"deploys-{number}", members)
    await workspace.start()
    try:
        yield workspace
    finally:
        await workspace.stop()


def _channel(number: int) -> str:
    return f"C{number:02}DEPLOY"


@contextmanager
def _processes(folder: Path, env: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The bots; each has its log in the folder."""
    processes = []
    for number in range(BOTS):
        with (folder / f"bot-{number}.log").open("wb") as log:
            processes.append(subprocess.Popen(gonogo(), env=env, cwd=folder, stdout=log, stderr=log))
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(30)
            finally:
                process.kill()


@contextmanager
def _record_server(folder: Path) -> Iterator[RecordServer]:
    """A PostgreSQL that counts statements."""
    server = RecordServer(folder / "record", CACHE)
    server.begin()
    try:
        with psycopg.connect(server.url(SUPERUSER), autocommit=True) as connection:
            for setting in _LOGGED:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield server
    finally:
        server.end()

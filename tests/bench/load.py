"""Under load: 200 commands at once, stops while 60 starts wait for a slow host, and memory."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import paramiko
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from bot.rehearsal.workspace import Message, Person, Workspace
from bot.slack.outbox.run_thread import FINAL
from commands.runbook import Page, read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from state.store import RecordStore
from tests.bench.bot_processes import (
    CHANNEL,
    STARTER,
    gonogo,
    resident_megabytes,
    temporary_folder,
    workspace_with,
)
from tests.bench.record import PEOPLE
from tests.pages import NOON, SMALL, event, said

RUNS, COMMANDS, STARTS = 20, 200, 60
EARLY, LATE = 1_000, 10_000  # checks after which the memory is looked at
CHECKS, SPEED = 10, 200  # of each run's page, whose checks are due every 5 min / SPEED
DBA, LEAD = Person("U02DBA", "Somchai"), Person("U05LEAD", "Malee")


def measure() -> dict[str, float]:
    """Milliseconds until the acknowledgement, which for what stops is sent when it is written; memory as a ratio."""
    return asyncio.run(_measure()) | asyncio.run(_memory())


async def _measure() -> dict[str, float]:
    with temporary_folder() as name:
        folder = Path(name)
        async with site_of_checks() as site, silent_host() as host:
            write_slow_page(folder)
            _write_runs(folder, SMALL, 60)
            people = (STARTER, DBA, LEAD)
            variables = variables_of(folder, site.url, host, 60)
            async with workspace_with(gonogo(), folder, variables, people) as (workspace, _, _):
                return await _figures(workspace)


async def _memory() -> dict[str, float]:
    """The bot's memory when runs with 10,000 checks have ended beside that when those with the first 1,000 had."""
    with temporary_folder() as name:
        folder = Path(name)
        async with site_of_checks() as site, silent_host() as host:
            write_slow_page(folder)
            variables = variables_of(folder, site.url, host, SPEED)
            async with workspace_with(gonogo(), folder, variables, (STARTER, DBA, LEAD)) as (_, pid, _):
                ended = [await _memory_after_runs(folder, site, pid, EARLY * (n + 1)) for n in range(LATE // EARLY)]
    return {
        f"memory when runs with {EARLY:,} checks have ended, MB": ended[0],
        f"ratio, memory when runs with {LATE:,} checks have ended to {EARLY:,}": ended[-1] / ended[0],
    }


async def _memory_after_runs(folder: Path, site: Site, pid: int, checks: int) -> float:
    """Start runs, end them when the web server has been asked so often, and look at the memory."""
    os.kill(pid, signal.SIGSTOP)  # or it begins the first step before this says that it is done
    try:
        runs = _write_runs(folder, watched_page(CHECKS, "5 min"), SPEED)
    finally:
        os.kill(pid, signal.SIGCONT)
    async with asyncio.timeout(900):  # a loaded machine needs longer
        while site.asked < checks:
            await asyncio.sleep(0.1)
    with closing(Store(folder / "gonogo.db")) as store:
        for run in runs:
            store.move_run(run, RunState.ABORTED, datetime.now(UTC))
        async with asyncio.timeout(900):  # Slack takes one message a second
            while any(FINAL not in store.posts(run) for run in runs):
                await asyncio.sleep(0.5)
    return resident_megabytes(pid)


def watched_page(checks: int, every: str) -> str:
    """The small page with a watch of so many checks that is not over before they are counted."""
    start, end = SMALL.index("### Response time"), SMALL.index("## Alerts")
    check = SMALL[start:end].replace("15 min", every)
    more = "".join(check.replace("Response time", f"Response time {number}") for number in range(2, checks + 1))
    return (SMALL[:start] + check + more + SMALL[end:]).replace('lasts = "1 h"', 'lasts = "48 h"')


async def _figures(workspace: Workspace) -> dict[str, float]:
    cards = await _cards(workspace)
    await asyncio.sleep(5)  # the bot knows its channel, and the watches have begun
    status = await asyncio.gather(*(workspace.command(STARTER.id, "/deploy status") for _ in range(COMMANDS)))
    help_ = await asyncio.gather(*(workspace.command(STARTER.id, "/deploy help") for _ in range(COMMANDS)))
    starts = [asyncio.create_task(workspace.command(LEAD.id, "/deploy start slow.md")) for _ in range(STARTS)]
    await asyncio.gather(*starts)
    await asyncio.sleep(1)
    stops = []
    for number, card in enumerate(cards):
        stops.append(await workspace.press(STARTER.id, card.ts, "rollback" if number % 2 else "hold"))
    assert all(reply.acked for reply in [*status, *help_, *stops])
    return {
        f"p95 of {COMMANDS} statuses at once, ms": _p95([reply.seconds for reply in status]),
        f"p95 of {COMMANDS} helps at once, ms": _p95([reply.seconds for reply in help_]),
        f"hold or rollback during {STARTS} slow starts, median ms": statistics.median(r.seconds for r in stops) * 1000,
        f"hold or rollback during {STARTS} slow starts, slowest ms": max(reply.seconds for reply in stops) * 1000,
    }


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[18] * 1000


async def _cards(workspace: Workspace) -> list[Message]:
    """The cards of all runs; waits until they are posted."""
    async with asyncio.timeout(120):
        while len(cards := [message for message in workspace.messages() if not message.thread_ts]) < RUNS:
            await asyncio.sleep(0.1)
    return [card for card in cards if "'rollback'" in str(card.blocks)]


@dataclass
class Site:
    """A web server, and how often it was asked."""

    url: str = ""
    asked: int = 0


@asynccontextmanager
async def site_of_checks() -> AsyncIterator[Site]:
    """A web server on which every check of the watch is well."""
    site = Site()

    async def answer(_: web.Request) -> web.Response:
        site.asked += 1
        return web.json_response([])

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    await runner.cleanup()


@asynccontextmanager
async def silent_host() -> AsyncIterator[str]:
    """A host that takes connections and never says anything."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    yield f"deploy@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


def variables_of(folder: Path, site: str, host: str, speed: int) -> dict[str, str]:
    """The variables of the small page, whose host's key is made in the folder."""
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    (folder / "key").write_bytes(pem)
    (folder / "key").chmod(0o600)
    public = paramiko.Ed25519Key(filename=str(folder / "key")).get_base64()
    port = host.rpartition(":")[2]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} ssh-ed25519 {public}\n")
    return {
        "GONOGO_RUNBOOK": str(folder / "pages"),
        "GONOGO_WATCH_SPEED": str(speed),
        "SHOP_SSH": host,
        "SHOP_KEY": str(folder / "key"),
        "SHOP_KNOWN_HOSTS": str(folder / "known_hosts"),
        "SHOP_URL": site,
        "SHOP_DBA": DBA.id,
        "SHOP_LEAD": LEAD.id,
        "SHOP_DBA_PHONE": "1",
        "SHOP_LEAD_PHONE": "2",
    }


def write_slow_page(folder: Path) -> None:
    """Write a page to start, whose target is not that of a run."""
    (folder / "pages").mkdir()
    (folder / "pages" / "slow.md").write_text(SMALL.replace('target = "shop"', 'target = "slow"'), encoding="utf-8")


def _write_runs(folder: Path, text: str, speed: int) -> list[int]:
    """Runs of as many targets, each at the begin of its watch; their numbers."""
    store, runs = Store(folder / "gonogo.db"), []
    for number in range(RUNS):
        page = read_page(text.replace('target = "shop"', f'target = "shop{number}"'), f"shop{number}.md")
        request = StartRequest(channel=CHANNEL, speed=speed)
        runs.append(write_watched_run(store, page, request, NOON))
    store.close()
    return runs


def write_watched_run(store: RecordStore, page: Page, request: StartRequest, at: datetime) -> int:
    """Write a run at the begin of its watch; its number."""
    run = start(store, page, request, Actor(person=STARTER.id, door=Door.SLACK), PEOPLE, at)
    for step in page.forward:
        store.begin_attempt(run.id, step.id, 1, at)
        store.end_attempt(run.id, Attempt(step=step.id, attempt=1, state=AttemptState.DONE, began_at=at), at)
    for role in PEOPLE:
        store.add_fact(run.id, said("sign", "ready", 1, role=role, said="yes"), event("signed"))
    return run.id

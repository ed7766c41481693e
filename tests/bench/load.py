"""Under load: 200 commands at once, and stopping while 60 starts wait for a slow host."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import paramiko
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from bot.rehearsal.workspace import Message, Person, Workspace
from commands.runbook import read_page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState
from state.sqlite.store import Store
from tests.bench.bot_processes import CHANNEL, STARTER, gonogo, temporary_folder, workspace_with
from tests.bench.record import PEOPLE
from tests.pages import NOON, SMALL, event, said

RUNS, COMMANDS, STARTS = 20, 200, 60
DBA, LEAD = Person("U02DBA", "Somchai"), Person("U05LEAD", "Malee")


def measure() -> dict[str, float]:
    """Milliseconds until the acknowledgement, which for what stops is sent when it is written."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    with temporary_folder() as name:
        folder = Path(name)
        async with _site() as site, _silent_host() as host:
            _write_pages(folder)
            _write_runs(folder)
            people = (STARTER, DBA, LEAD)
            async with workspace_with(gonogo(), folder, _variables(folder, site, host), people) as (workspace, _, _):
                return await _figures(workspace)


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


@asynccontextmanager
async def _site() -> AsyncIterator[str]:
    """A web server on which every check of the watch is well."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response([])

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def _silent_host() -> AsyncIterator[str]:
    """A host that takes connections and never says anything."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    yield f"deploy@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


def _variables(folder: Path, site: str, host: str) -> dict[str, str]:
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
        "GONOGO_WATCH_SPEED": "60",
        "SHOP_SSH": host,
        "SHOP_KEY": str(folder / "key"),
        "SHOP_KNOWN_HOSTS": str(folder / "known_hosts"),
        "SHOP_URL": site,
        "SHOP_DBA": DBA.id,
        "SHOP_LEAD": LEAD.id,
        "SHOP_DBA_PHONE": "1",
        "SHOP_LEAD_PHONE": "2",
    }


def _write_pages(folder: Path) -> None:
    (folder / "pages").mkdir()
    (folder / "pages" / "slow.md").write_text(SMALL.replace('target = "shop"', 'target = "slow"'), encoding="utf-8")


def _write_runs(folder: Path) -> None:
    """Runs of as many targets, each at the begin of its watch."""
    store = Store(folder / "gonogo.db")
    for number in range(RUNS):
        page = read_page(SMALL.replace('target = "shop"', f'target = "shop{number}"'), f"shop{number}.md")
        request = StartRequest(channel=CHANNEL, speed=60)
        run = start(store, page, request, Actor(person=STARTER.id, door=Door.SLACK), PEOPLE, NOON)
        for step in page.forward:
            store.begin_attempt(run.id, step.id, 1, NOON)
            store.end_attempt(run.id, Attempt(step=step.id, attempt=1, state=AttemptState.DONE, began_at=NOON), NOON)
        for role in PEOPLE:
            store.add_fact(run.id, said("sign", "ready", 1, role=role, said="yes"), event("signed"))
    store.close()

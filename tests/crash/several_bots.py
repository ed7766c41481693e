"""The sandbox of several bots that serve one record in PostgreSQL, each over a way of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from state.journal import RecordKey
from state.postgres.address import PostgresAddress
from state.postgres.numbers import OWNER
from state.postgres.store import PostgresStore
from state.store import RecordStore
from tests.crash.record_server import FailingServer
from tests.crash.sandbox import CACHE, PAGE, BotProcess, Sandbox, open_sandbox
from tests.crash.tcp_proxy import TcpProxy

KEY = "0123456789abcdef0123456789abcdef"
SPEED = 60  # divides the waiting times of the watch, which is long enough for a takeover


@dataclass
class Fleet(Sandbox):
    """Bot n reaches the record's PostgreSQL over the proxy `ways[n]`, and Slack over `slack_ways[n]`.

    `bot` is the first of the `bots`. All reach the target over the same `proxies`.
    """

    record: FailingServer
    bots: list[BotProcess]
    ways: list[TcpProxy]
    slack_ways: list[TcpProxy]

    def open_store(self) -> RecordStore:
        """The record, straight from PostgreSQL."""
        record = self.record
        address = record.address_of_both() if record.standby_port else record.address()
        return PostgresStore(PostgresAddress(address), key=RecordKey(KEY.encode()))

    def start_bots(self) -> None:
        """Start every bot that does not run."""
        for bot in self.bots:
            if not bot.is_running:
                bot.start()

    def log_ends(self) -> str:
        """The end of each bot's log."""
        return "\n".join(f"bot {number}: {bot.log_end()}" for number, bot in enumerate(self.bots) if bot.log.exists())

    def owner(self, run: int, lock: int = OWNER) -> int | None:
        """The number of the bot that owns a run; None where none does, or PostgreSQL is away."""
        port = self.record.owner_port(run, lock)
        return next((number for number, way in enumerate(self.ways) if port in way.server_ports), None)


@contextlib.asynccontextmanager
async def open_fleet(
    folder: Path, bots: int, page: Path = PAGE, speed: float = SPEED, *, standby: bool = False
) -> AsyncIterator[Fleet]:
    """Start everything except the bots; stop everything at the end.

    With a `standby` the bots reach the record straight, at whichever of both servers takes writes.
    """
    record = FailingServer(folder / "record", CACHE)
    async with open_sandbox(folder, page, speed) as sandbox:
        await asyncio.to_thread(record.begin)
        if standby:
            await asyncio.to_thread(record.add_standby)
        ways = [TcpProxy(record.port) for _ in range(bots)]
        slack_port = urlsplit(sandbox.workspace.api_url).port or 0
        slack_ways = [TcpProxy(slack_port) for _ in range(bots)]
        for way in (*ways, *slack_ways):
            await way.start()
        addresses = [record.address_of_both() if standby else record.address(way.port) for way in ways]
        processes = [
            BotProcess(env=_environment(sandbox, address, slack.port), log=folder / f"bot-{number}.log")
            for number, (address, slack) in enumerate(zip(addresses, slack_ways, strict=True))
        ]
        parts = {**vars(sandbox), "bot": processes[0], "record": record, "bots": processes}
        try:
            yield Fleet(**parts, ways=ways, slack_ways=slack_ways)
        finally:
            for process in processes:
                process.stop()
            for way in (*ways, *slack_ways):
                await way.stop()
            await asyncio.to_thread(record.end)


def _environment(sandbox: Sandbox, address: str, slack_port: int) -> dict[str, str]:
    slack = urlsplit(sandbox.workspace.api_url)._replace(netloc=f"127.0.0.1:{slack_port}").geturl()
    return sandbox.bot.env | {"GONOGO_STATE": address, "GONOGO_RECORD_KEY": KEY, "SLACK_API_URL": slack}

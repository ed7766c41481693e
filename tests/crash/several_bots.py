"""The sandbox of several bots that serve one record in PostgreSQL, each over a way of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from state.journal import RecordKey
from state.postgres.address import PostgresAddress
from state.postgres.numbers import OWNER
from state.postgres.store import PostgresStore
from state.store import RecordStore
from tests.crash.record_server import RecordServer
from tests.crash.sandbox import CACHE, PAGE, BotProcess, Sandbox, open_sandbox
from tests.crash.tcp_proxy import TcpProxy

KEY = "0123456789abcdef0123456789abcdef"
SPEED = 60  # divides the waiting times of the watch, which is long enough for a takeover


@dataclass
class Fleet(Sandbox):
    """Bot n reaches the record's PostgreSQL over the proxy `ways[n]`; `bot` is the first of the `bots`."""

    record: RecordServer
    bots: list[BotProcess]
    ways: list[TcpProxy]

    def open_store(self) -> RecordStore:
        """The record, straight from PostgreSQL."""
        return PostgresStore(PostgresAddress(self.record.address(self.record.port)), key=RecordKey(KEY.encode()))

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
async def open_fleet(folder: Path, bots: int, page: Path = PAGE, speed: float = SPEED) -> AsyncIterator[Fleet]:
    """Start everything except the bots; stop everything at the end."""
    record = RecordServer(folder / "record", CACHE)
    async with open_sandbox(folder, page, speed) as sandbox:
        await asyncio.to_thread(record.begin)
        ways = [TcpProxy(record.port) for _ in range(bots)]
        for way in ways:
            await way.start()
        processes = [
            BotProcess(
                env=_environment(sandbox, record.address(way.port), folder / f"mirrors-{number}"),
                log=folder / f"bot-{number}.log",
            )
            for number, way in enumerate(ways)
        ]
        try:
            yield Fleet(**{**vars(sandbox), "bot": processes[0]}, record=record, bots=processes, ways=ways)
        finally:
            for process in processes:
                process.stop()
            for way in ways:
                await way.stop()
            await asyncio.to_thread(record.end)


def _environment(sandbox: Sandbox, address: str, mirrors: Path) -> dict[str, str]:
    """The environment of a bot that has a machine, and so a folder of mirrors, of its own."""
    own = {"GONOGO_STATE": address, "GONOGO_RECORD_KEY": KEY, "GONOGO_MIRROR": str(mirrors)}
    return sandbox.bot.env | own

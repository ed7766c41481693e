"""The sandbox of several bots that serve one record in PostgreSQL, each over a way of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.rehearsal.target.loopback import free_port
from bot.rehearsal.workspace.delivery import HttpDelivery, Kind, NotAckedError
from bot.rehearsal.workspace.slack_objects import Json
from state.journal import RecordKey
from state.postgres.address import PostgresAddress
from state.postgres.numbers import OWNER
from state.postgres.store import PostgresStore
from state.store import RecordStore
from tests.crash.record_server import FailingServer
from tests.crash.sandbox import CACHE, PAGE, BotProcess, Sandbox, open_sandbox
from tests.crash.tcp_proxy import TcpProxy

KEY = "0123456789abcdef0123456789abcdef"
SECRET = "the signing secret"
SPEED = 60  # divides the waiting times of the watch, which is long enough for a takeover


class Balancer:
    """Stands for a balancer in front of bots in HTTP mode: each in turn, and the next one where one does not answer."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._bots = [HttpDelivery(f"http://127.0.0.1:{port}/slack/events", SECRET) for port in ports]
        self._turn = itertools.count()

    async def deliver(self, kind: Kind, payload: Json) -> Json:
        """The answer of the first bot that takes it. Raises NotAckedError of the last one if none does."""
        refused = NotAckedError("dispatch_failed")
        for _ in self._bots:
            try:
                return await self._bots[next(self._turn) % len(self._bots)].deliver(kind, payload)
            except NotAckedError as error:
                if error.error == "operation_timeout":  # it may have been taken
                    raise
                refused = error
        raise refused


@dataclass
class Fleet(Sandbox):
    """Bot n reaches the record's PostgreSQL over the proxy `ways[n]`, and Slack over `slack_ways[n]`.

    `bot` is the first of the `bots`. All reach the target over the same `proxies`.
    """

    record: FailingServer
    bots: list[BotProcess]
    ways: list[TcpProxy]
    slack_ways: list[TcpProxy]
    http: bool = False

    def is_heard(self) -> bool:
        """Whether a bot hears what people do: a balancer has no open sockets to count."""
        return self.http or super().is_heard()

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
    folder: Path, bots: int, page: Path = PAGE, speed: float = SPEED, *, standby: bool = False, http: bool = False
) -> AsyncIterator[Fleet]:
    """Start everything except the bots; stop everything at the end.

    With a `standby` the bots reach the record straight, at whichever of both servers takes writes. With `http` Slack
    reaches the bots over HTTP and a balancer.
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
        ports = [free_port() for _ in range(bots)] if http else []
        if ports:
            sandbox.workspace.deliver_by(Balancer(ports))
        processes = [
            BotProcess(
                env=_environment(sandbox, address, slack.port, ports[number:])
                | {"GONOGO_MIRROR": str(folder / f"mirrors-{number}")},  # each bot has a machine of its own
                log=folder / f"bot-{number}.log",
            )
            for number, (address, slack) in enumerate(zip(addresses, slack_ways, strict=True))
        ]
        parts = {**vars(sandbox), "bot": processes[0], "record": record, "bots": processes}
        try:
            yield Fleet(**parts, ways=ways, slack_ways=slack_ways, http=http)
        finally:
            for process in processes:
                process.stop()
            for way in (*ways, *slack_ways):
                await way.stop()
            await asyncio.to_thread(record.end)


def _environment(sandbox: Sandbox, address: str, slack_port: int, ports: Sequence[int]) -> dict[str, str]:
    """A bot's environment. It listens on the first of the `ports`; without any it opens a socket."""
    slack = urlsplit(sandbox.workspace.api_url)._replace(netloc=f"127.0.0.1:{slack_port}").geturl()
    env = sandbox.bot.env | {"GONOGO_STATE": address, "GONOGO_RECORD_KEY": KEY, "SLACK_API_URL": slack}
    if not ports:
        return env
    del env["SLACK_APP_TOKEN"]
    return env | {"SLACK_SIGNING_SECRET": SECRET, "GONOGO_PORT": str(ports[0])}

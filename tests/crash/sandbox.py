"""The sandbox of a crash test: a target behind TCP proxies, a workspace, and a bot."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.role_holders import CHANNEL, PEOPLE, role_environment
from bot.rehearsal.target import Target
from bot.rehearsal.target.host import PLAIN_PATH
from bot.rehearsal.workspace import Workspace
from state.sqlite.store import Store
from state.store import RecordStore
from tests.crash.tcp_proxy import TcpProxy

CACHE = Path(__file__).parents[2] / ".cache" / "target"
PAGE = Path(__file__).with_name("page.md")
WATCH_SPEED = 240  # divides the waiting times of the watch


@dataclass
class BotProcess:
    """`gonogo serve` in a process group of its own."""

    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    cwd: Path | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; an earlier process must have ended."""
        with self.log.open("ab") as out:
            command = [sys.executable, "-m", "bot.cli", "serve"]
            self.started_at = time.monotonic()
            self.process = subprocess.Popen(
                command, env=self.env, stdout=out, stderr=out, start_new_session=True, cwd=self.cwd
            )

    def kill(self) -> None:
        """Send SIGKILL to the whole group. Raises AssertionError when the bot ended by itself before.

        It is not awaited: who is cancelled in the middle would leave a process that seems to run and is dead.
        """
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group. Raises AssertionError when the bot ended by itself before."""
        assert self.process is not None
        assert self.is_running, f"the bot ended by itself:\n{self.log_end(3000)}"
        os.killpg(self.process.pid, number)

    def stop(self) -> None:
        """Kill it if it runs."""
        if self.is_running:
            self.kill()

    def log_end(self, characters: int = 2000) -> str:
        """The end of its log."""
        return self.log.read_text()[-characters:]


@dataclass
class Sandbox:
    """The parts of a crash test. The proxies are named ssh, database, api and app; `state` is the state file."""

    target: Target
    workspace: Workspace
    bot: BotProcess
    proxies: dict[str, TcpProxy]
    state: Path
    folder: Path

    def open_store(self) -> RecordStore:
        """The record, to look at it beside the bot."""
        return Store(self.state)

    def is_heard(self) -> bool:
        """Whether a bot hears what people do."""
        return len(self.workspace.sockets) > 0

    def start_bots(self) -> None:
        """Start every bot that does not run."""
        if not self.bot.is_running:
            self.bot.start()

    def log_ends(self) -> str:
        """The end of the bot's log."""
        return self.bot.log_end()

    def first_connection_after(self, moment: float) -> float | None:
        """The moment of the first connection to the target after another moment; None when there is none."""
        moments = [at for proxy in self.proxies.values() for at in proxy.connected_at if at > moment]
        return min(moments, default=None)


@contextlib.asynccontextmanager
async def open_sandbox(folder: Path, page: Path = PAGE, speed: float = WATCH_SPEED) -> AsyncIterator[Sandbox]:
    """Start everything except the bot; stop everything at the end."""
    target = Target(folder / "production", CACHE)
    target.ssh.path = f"{folder / 'paused'}:{PLAIN_PATH}"
    workspace = Workspace(PEOPLE, CHANNEL)
    await asyncio.to_thread(target.start)
    proxies = {name: TcpProxy(port) for name, port in _ports(target).items()}
    bot = BotProcess(env={}, log=folder / "bot.log")
    try:
        for proxy in proxies.values():
            await proxy.start()
        await workspace.start()
        state = folder / "gonogo.db"
        bot.env = _environment(target, workspace, proxies, folder)
        bot.env |= {"GONOGO_RUNBOOK": str(page), "GONOGO_STATE": str(state), "GONOGO_WATCH_SPEED": str(speed)}
        yield Sandbox(target, workspace, bot, proxies, state, folder)
    finally:
        bot.stop()
        for proxy in proxies.values():
            await proxy.stop()
        await workspace.stop()
        await asyncio.to_thread(target.stop)


def _ports(target: Target) -> dict[str, int]:
    services = target.services
    return {
        "ssh": target.ssh.port,
        "database": target.postgres.port,
        "api": services.api_port,
        "app": services.proxy_port,
    }


def _environment(target: Target, workspace: Workspace, proxies: dict[str, TcpProxy], folder: Path) -> dict[str, str]:
    """The bot's environment, in which every address is a proxy's."""
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    addresses = dict(target.env)
    known_hosts = folder / "known_hosts"
    keys = Path(addresses["PROD_KNOWN_HOSTS"]).read_text()
    known_hosts.write_text(keys.replace(f":{target.ssh.port} ", f":{proxies['ssh'].port} "))
    for name, port in _ports(target).items():
        for variable, value in addresses.items():
            addresses[variable] = value.replace(f"127.0.0.1:{port}", f"127.0.0.1:{proxies[name].port}")
    # the page's commands write into the audit log by themselves, on the host and not through a proxy
    addresses |= {"PROD_KNOWN_HOSTS": str(known_hosts), "PROD_AUDIT": str(target.host.audit_log)}
    slack = {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
    }
    return env | addresses | role_environment() | slack

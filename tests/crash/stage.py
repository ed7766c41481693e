"""The stage of a crash test: a real target behind wires, a workspace, and the bot as a process that can be killed and started."""

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

from bot.rehearsal.people import CHANNEL, PEOPLE, environment
from bot.rehearsal.target import Target
from bot.rehearsal.target.host import PLAIN_PATH
from bot.rehearsal.workspace import Workspace
from tests.crash.wire import Wire

CACHE = Path(__file__).parents[2] / ".cache" / "target"
PAGE = Path(__file__).with_name("page.md")
FAST = 240  # by this the waiting times of the watch are divided


@dataclass
class Bot:
    """`gonogo serve`, in a process group of its own."""

    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0

    def start(self) -> None:
        """Start it; an earlier one must be gone."""
        with self.log.open("ab") as out:
            words = [sys.executable, "-m", "bot.cli", "serve"]
            self.started = time.monotonic()
            self.process = subprocess.Popen(words, env=self.env, stdout=out, stderr=out, start_new_session=True)

    async def kill(self) -> None:
        """SIGKILL to the whole group. Raises AssertionError when the bot had ended by itself."""
        assert self.process is not None
        assert self.process.poll() is None, f"the bot ended by itself:\n{self.log.read_text()[-3000:]}"
        os.killpg(self.process.pid, signal.SIGKILL)
        await asyncio.to_thread(self.process.wait)

    async def end(self) -> None:
        """Kill it if it runs."""
        if self.process and self.process.poll() is None:
            await self.kill()


@dataclass
class Stage:
    """All that a crash test has in its hands; `wires` are ssh, database, api and app."""

    target: Target
    workspace: Workspace
    bot: Bot
    wires: dict[str, Wire]
    state: Path
    folder: Path

    def used(self, since: float) -> float | None:
        """The moment of the bot's first connection to the target after a moment, or None."""
        moments = [moment for wire in self.wires.values() for moment in wire.used if moment > since]
        return min(moments, default=None)


@contextlib.asynccontextmanager
async def stage(folder: Path, page: Path = PAGE, speed: float = FAST) -> AsyncIterator[Stage]:
    """Set everything up but the bot, and clear everything away at the end."""
    target = Target(folder / "production", CACHE)
    target.ssh.path = f"{folder / 'pauses'}:{PLAIN_PATH}"
    workspace = Workspace(PEOPLE, CHANNEL)
    await asyncio.to_thread(target.start)
    wires = {name: Wire(port) for name, port in _ports(target).items()}
    bot = Bot(env={}, log=folder / "bot.log")
    try:
        for wire in wires.values():
            await wire.start()
        await workspace.start()
        state = folder / "gonogo.db"
        bot.env = _environment(target, workspace, wires, folder)
        bot.env |= {"GONOGO_RUNBOOK": str(page), "GONOGO_STATE": str(state), "GONOGO_WATCH_SPEED": str(speed)}
        yield Stage(target, workspace, bot, wires, state, folder)
    finally:
        await bot.end()
        for wire in wires.values():
            await wire.stop()
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


def _environment(target: Target, workspace: Workspace, wires: dict[str, Wire], folder: Path) -> dict[str, str]:
    """The bot's environment, in which every address leads through a wire."""
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    behind = dict(target.env)
    known = folder / "known_hosts"
    known.write_text(
        Path(behind["PROD_KNOWN_HOSTS"]).read_text().replace(f":{target.ssh.port} ", f":{wires['ssh'].port} ")
    )
    for name, real in _ports(target).items():
        for key, value in behind.items():
            behind[key] = value.replace(f"127.0.0.1:{real}", f"127.0.0.1:{wires[name].port}")
    # what runs on the host itself goes no wire; its words come from the bot's environment all the same
    behind |= {"PROD_KNOWN_HOSTS": str(known), "PROD_AUDIT": str(target.host.audit_log)}
    slack = {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
    }
    return env | behind | environment() | slack

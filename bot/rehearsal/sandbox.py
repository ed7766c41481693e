"""The sandbox of a rehearsal: targets, workspace server and bots, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from bot.doors.served_names import VARIABLE
from bot.doors.system_user import system_user
from bot.env_file import VARIABLE as ENV_FILE
from bot.rehearsal.options import PAGES
from bot.rehearsal.record_server import RecordServer
from bot.rehearsal.role_holders import CHANNEL, CHANNEL_NAME, PEOPLE, STARTER, role_environment
from bot.rehearsal.scenarios import Scenario
from bot.rehearsal.target import Target
from bot.rehearsal.target.chromium import fetch_chromium
from bot.rehearsal.target.host import TargetError
from bot.rehearsal.workspace import Workspace
from bot.settings import shipped_runbooks
from bot.tools.browser import find_browser
from bot.tools.python_module import module_command
from commands.start.watch_speed import WatchSpeed
from state.frozen import dataclass
from state.place import Place, place_of

# divides the waiting times of the watch: Option A's four hours take one minute, Option B's day on staging three
WATCH_SPEED = {"A": 240, "B": 480}


@dataclass(frozen=True, kw_only=True)
class Bot:
    """A bot's process, and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> str:
        """Its exit code and the end of its log; "" while it runs."""
        code = self.process.poll()
        return "" if code is None else f"The bot ended with exit code {code}:\n{self.log.read_text()[-3000:]}"


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """The parts of a running rehearsal. The first target is production; `state` is where the bots' record is.

    Several bots have their record in PostgreSQL, on the server `record`.
    """

    workspace: Workspace
    targets: list[Target]
    state: Place
    bots: Sequence[Bot]
    record: RecordServer | None = None

    async def wait_connected(self) -> None:
        """Wait until a bot answers a command. Raises SystemExit with the end of a log when one ended instead."""
        while not (await self.workspace.command(STARTER.id, "/deploy help")).acked:
            if ended := next((text for bot in self.bots if (text := bot.ended())), ""):
                raise SystemExit(ended)
            await asyncio.sleep(0.1)

    def all_ended(self) -> str:
        """How the last bot ended; "" while one runs."""
        ends = [bot.ended() for bot in self.bots]
        return ends[-1] if all(ends) else ""

    def owner(self, run: int) -> Bot | None:
        """The bot that carries out a run, if several could."""
        port = self.record.owner_port(run) if self.record else 0
        ports = ((bot, {one.laddr.port for one in _connections(bot)}) for bot in self.bots)
        return next((bot for bot, own in ports if port in own), None) if port else None


def _connections(bot: Bot) -> list[Any]:
    try:
        return list(psutil.Process(bot.process.pid).net_connections("tcp"))
    except psutil.Error:  # it has ended
        return []


@contextlib.asynccontextmanager
async def open_sandbox(  # noqa: PLR0913  every other setting has a default
    scenario: Scenario,
    folder: Path,
    *,
    staging: bool,
    port: int = 0,
    speed: float = 0,
    page: Path | None = None,
    bots: int = 1,
    drill: bool = False,
) -> AsyncIterator[Sandbox]:
    """Start everything in a folder; stop every process at the end.

    `speed` replaces the options' watch speeds, `page` the shipped pages. More `bots` than one share a record in
    PostgreSQL. With `drill` there is a target for drills as well, the last one.
    """
    cache = Path(os.environ.get("GONOGO_CACHE", ".cache/target")).resolve()
    names = ["production", *(["staging"] if staging else []), *(["drill"] if drill else [])]
    flaws, frontend = scenario.flaws, scenario.frontend
    targets = [Target(folder / name, cache, name, flaws=flaws, frontend=frontend) for name in names]
    workspace = Workspace(PEOPLE, CHANNEL, CHANNEL_NAME, port=port, strict_rate_limits=True)
    record = RecordServer(folder / "record", cache) if bots > 1 else None
    try:
        for target in targets:
            await asyncio.to_thread(target.start)
        await workspace.start()
        env = bot_environment(os.environ, targets, workspace)
        env |= {"GONOGO_STATE": str(folder / "gonogo.db"), "GONOGO_WATCH_SPEED": str(speed or _watch_speed())}
        if record:
            await asyncio.to_thread(record.begin)
            env |= {"GONOGO_STATE": record.address(), "GONOGO_RECORD_KEY": secrets.token_hex(32)}
        if page:
            env["GONOGO_RUNBOOK"] = str(page)
        elif scenario.time_budget:
            env["GONOGO_RUNBOOK"] = str(pages_with_budget(folder, scenario.time_budget))
        logs = [folder / (f"bot-{number}.log" if record else "bot.log") for number in range(1, bots + 1)]
        async with run_bots(env, logs) as running:
            state = place_of(env["GONOGO_STATE"])
            yield Sandbox(workspace=workspace, targets=targets, state=state, bots=running, record=record)
    finally:
        await workspace.stop()
        if record:
            await asyncio.to_thread(record.end)
        for target in targets:
            await asyncio.to_thread(target.stop)


def _watch_speed() -> WatchSpeed:
    """Each option's own speed, also where KEEP of Option B starts Option A."""
    return WatchSpeed(pages={PAGES[option]: speed for option, speed in WATCH_SPEED.items()})


def pages_with_budget(folder: Path, budget: str) -> Path:
    """A folder with copies of the shipped pages that have another time budget for the rollback."""
    pages = folder / "runbooks"
    pages.mkdir()
    for page in shipped_runbooks().glob("*.md"):
        text = page.read_text(encoding="utf-8")
        (pages / page.name).write_text(text.replace('within = "15 min"', f'within = "{budget}"'), encoding="utf-8")
    return pages


def bot_environment(environ: Mapping[str, str], targets: list[Target], workspace: Workspace) -> dict[str, str]:
    """The bot's environment: this process's without proxies, with the targets, the roles, Slack and a browser."""
    env = {name: value for name, value in environ.items() if "proxy" not in name.lower()}
    for target in targets:
        env |= target.env
    env |= role_environment()
    if not env.get("GONOGO_BROWSER") and not find_browser():
        env["GONOGO_BROWSER"] = _fetched_browser(targets[0])
    return env | {
        # whoever rehearses is the starter at the terminal, too
        VARIABLE: f"{system_user().name}={STARTER.id}",
        ENV_FILE: "",  # no file of a real bot counts here
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
    }


def _fetched_browser(target: Target) -> str:
    """A downloaded Chromium; "" when that is not possible, so that the bot asks a person to check the page."""
    try:
        return str(fetch_chromium(target.host))
    except TargetError as error:
        print(f"There is no browser for smoke test 5, so the bot asks a person instead: {error}")
        return ""


@contextlib.asynccontextmanager
async def run_bots(env: dict[str, str], logs: Sequence[Path]) -> AsyncIterator[list[Bot]]:
    """The production bot, once for each log, as separate processes."""
    bots: list[Bot] = []
    try:
        for log in logs:
            with log.open("w") as out:
                process = subprocess.Popen([*module_command("bot.cli"), "serve"], env=env, stdout=out, stderr=out)
            bots.append(Bot(process=process, log=log))
        yield bots
    finally:
        for bot in bots:
            bot.process.terminate()
        for bot in bots:
            await asyncio.to_thread(bot.process.wait, 15)

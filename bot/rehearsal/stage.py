"""The stage of a rehearsal: the boxes and the production bot between them, set up and cleared away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.people import CHANNEL, PEOPLE, STARTER, environment
from bot.rehearsal.stories import Story
from bot.rehearsal.target import Target
from bot.rehearsal.target.chromium import fetch_chromium
from bot.rehearsal.target.host import TargetError
from bot.rehearsal.workspace import Workspace
from bot.settings import shipped_runbooks
from bot.tools.browser import find_browser

# by this the waiting times of the watch are divided: four hours in one minute, the day of Option B's soak in three
SPEED = {"A": 240, "B": 480}
PAGES = {"A": "option-a.md", "B": "option-b.md"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a rehearsal plays on; `targets` begins with production, `state` is the bot's record."""

    workspace: Workspace
    targets: list[Target]
    state: Path
    bot: subprocess.Popen[bytes]
    log: Path

    async def connected(self) -> None:
        """Wait until the bot answers. Raises SystemExit with its last words when it ended instead."""
        while not (await self.workspace.command(STARTER.id, "/deploy help")).acked:
            if self.bot.poll() is not None:
                raise SystemExit(f"The bot ended with {self.bot.returncode}:\n{self.log.read_text()[-3000:]}")
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def stage(
    option: str,
    story: Story,
    folder: Path,
    *,
    staging: bool,
    port: int = 0,
    speed: float = 0,
    page: Path | None = None,
) -> AsyncIterator[Stage]:
    """Set everything up in a folder, and clear every process away at the end.

    `speed` stands for the option's own, `page` for the shipped ones.
    """
    cache = Path(os.environ.get("GONOGO_CACHE", ".cache/target")).resolve()
    names = ["production", "staging"] if staging else ["production"]
    targets = [Target(folder / name, cache, name, flaws=story.flaws, frontend=story.frontend) for name in names]
    workspace = Workspace(PEOPLE, CHANNEL, "deploys", port=port, strict_rate_limits=True)
    try:
        for target in targets:
            await asyncio.to_thread(target.start)
        await workspace.start()
        env = _bot_environment(targets, workspace, folder, speed or SPEED[option])
        if page:
            env["GONOGO_RUNBOOK"] = str(page)
        elif story.within:
            env["GONOGO_RUNBOOK"] = str(_pages_with(folder, story.within))
        async with _bot(env, folder / "bot.log") as bot:
            state = Path(env["GONOGO_STATE"])
            yield Stage(workspace=workspace, targets=targets, state=state, bot=bot, log=folder / "bot.log")
    finally:
        await workspace.stop()
        for target in targets:
            await asyncio.to_thread(target.stop)


def _pages_with(folder: Path, within: str) -> Path:
    """A copy of the shipped pages in which a rollback may take no longer than that."""
    pages = folder / "runbooks"
    pages.mkdir()
    for page in shipped_runbooks().glob("*.md"):
        text = page.read_text(encoding="utf-8")
        (pages / page.name).write_text(text.replace('within = "15 min"', f'within = "{within}"'), encoding="utf-8")
    return pages


def _bot_environment(targets: list[Target], workspace: Workspace, folder: Path, speed: float) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    for target in targets:
        env |= target.env
    env |= environment()
    if not env.get("GONOGO_BROWSER") and not find_browser():
        env["GONOGO_BROWSER"] = _fetched_browser(targets[0])
    return env | {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
        "GONOGO_STATE": str(folder / "gonogo.db"),
        "GONOGO_WATCH_SPEED": str(speed),
    }


def _fetched_browser(target: Target) -> str:
    """A Chromium for a machine without one; empty, with the reason told, where it cannot be had: then people look at the page."""
    try:
        return str(fetch_chromium(target.host))
    except TargetError as error:
        print(f"There is no browser for smoke test 5, so a person is asked instead: {error}")
        return ""


@contextlib.asynccontextmanager
async def _bot(env: dict[str, str], log: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The production bot as a process of its own."""
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=env, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 15)

"""A drill in a sandbox under the hardened unit, on a machine that systemd booted."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator

import pytest

from bot.rehearsal.role_holders import CHANNEL, PEOPLE, STARTER, role_environment
from bot.rehearsal.target.loopback import wait_until
from bot.rehearsal.workspace import Message, Workspace
from tests.bot.test_systemd_unit import PROGRAM, ROOT, SITE, UNIT
from tests.crash.sandbox import CACHE
from tests.parts.debian import RECIPES
from tests.parts.machine import Machine, machine

pytestmark = pytest.mark.timeout(600)
BOXES = "/var/lib/gonogo/gonogo.db.boxes"


@pytest.fixture(scope="module")
def booted() -> Iterator[Machine]:
    """A machine with git, the unit and its user, and what npm has downloaded before."""
    with machine(*RECIPES, binds=(ROOT, SITE)) as running:
        version = running.ask("/usr/bin/python3", "-c", "import sys; print(sys.version_info[:2])")
        if version != f"{sys.version_info[:2]}\n":
            pytest.skip("the machine has another Python than this one")
        program = running.root / "opt/gonogo/bin/gonogo"
        program.parent.mkdir(parents=True)
        program.write_text(PROGRAM)
        running.ask("chmod", "755", "/opt/gonogo/bin/gonogo")
        running.ask("useradd", "--system", "gonogo")
        running.ask("install", "-d", "-o", "gonogo", "-m", "700", "/var/lib/gonogo", "/var/lib/gonogo/.cache")
        if CACHE.exists():
            shutil.copytree(CACHE, running.root / "var/lib/gonogo/.cache/gonogo", symlinks=True)
        running.ask("chown", "--recursive", "gonogo:", "/var/lib/gonogo")
        running.unit("gonogo.service", UNIT.read_text())
        yield running


def write_environment(booted: Machine, workspace: Workspace) -> None:
    """What the bot needs to serve the shipped pages in a workspace; nothing is set for places of a drill."""
    env = role_environment() | {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
        "GONOGO_RECORD_KEY": "0123456789abcdef0123456789abcdef",
    }
    path = booted.root / "etc/gonogo/env"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    booted.ask("chown", "gonogo:", "/etc/gonogo/env")
    booted.ask("chmod", "600", "/etc/gonogo/env")


def boxes(booted: Machine) -> list[str]:
    """The sandboxes that are there."""
    folder = booted.root / BOXES.strip("/")
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def keeper(booted: Machine) -> str:
    """The process that keeps the only sandbox."""
    (box,) = boxes(booted)
    return (booted.root / BOXES.strip("/") / box / "keeper").read_text()


async def said(booted: Machine, workspace: Workspace, text: str, *, after: int = 0) -> Message:
    """A message with this text; an answer that refuses is shown."""
    async with asyncio.timeout(240):
        while True:
            for one in workspace.state.messages[after:]:
                if text in f"{one.text}{one.blocks}":
                    return one
                assert "🚫" not in one.text, f"{one.text}\n{journal(booted)}"
            await asyncio.sleep(0.2)


def journal(booted: Machine) -> str:
    return booted.ask("journalctl", "--unit=gonogo", "--output=cat", "--no-pager")[-3000:]


async def heard(workspace: Workspace) -> None:
    """Wait until the bot hears what people type."""
    async with asyncio.timeout(120):
        while not (await workspace.command(STARTER.id, "/deploy help")).acked:
            await asyncio.sleep(0.2)


def test_a_sandbox_starts_under_the_unit_outlives_a_restart_of_the_bot_and_ends_with_its_drill(
    booted: Machine,
) -> None:
    async def story() -> None:
        workspace = Workspace(PEOPLE, CHANNEL)
        await workspace.start()
        write_environment(booted, workspace)
        try:
            await asyncio.to_thread(booted.ask, "systemctl", "start", "gonogo")
            await heard(workspace)
            await workspace.command(STARTER.id, "/deploy drill option-a.md")
            await said(booted, workspace, "Who takes part")
            kept = keeper(booted)
            await asyncio.to_thread(booted.ask, "systemctl", "restart", "gonogo")
            await heard(workspace)
            asked = await said(booted, workspace, "Who takes part")
            for person in PEOPLE:
                await workspace.press(person.id, asked.ts, "take_part")
            await said(booted, workspace, "begin_drill")
            await workspace.press(STARTER.id, asked.ts, "begin_drill")
            await said(booted, workspace, "Rehearse the migration")  # the steps before it have run on the target
            assert keeper(booted) == kept, "it is the same target"
            await workspace.command(STARTER.id, "/deploy rollback that is enough")
            await asyncio.to_thread(wait_until, lambda: not boxes(booted), "the end of the sandbox", 120)
        finally:
            await asyncio.to_thread(booted.ask, "systemctl", "stop", "gonogo")
            await workspace.stop()

    asyncio.run(story())

"""Starts the bots that the benchmarks compare: gonogo, and one on Node's @slack/bolt."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import packages_distributions
from pathlib import Path

from bot.rehearsal.workspace import Person, Workspace

LOCK = Path(__file__).parents[2] / "requirements.image.lock"  # what an installed bot has
CHANNEL = "C01DEPLOY"
STARTER = Person("U01STARTER", "Nok", "Developer")
NODE_BOT = """
const { App } = require('@slack/bolt');
const app = new App({
  token: process.env.SLACK_BOT_TOKEN, appToken: process.env.SLACK_APP_TOKEN, socketMode: true,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL }, logLevel: 'error',
});
app.command('/deploy', async ({ ack }) => { await ack('help'); });
app.start();
"""


@asynccontextmanager
async def workspace_with(
    command: list[str],
    folder: Path,
    variables: Mapping[str, str] | None = None,
    people: Sequence[Person] = (STARTER,),
) -> AsyncIterator[tuple[Workspace, int, float]]:
    """A workspace with a connected bot: the workspace, the bot's process id, and the seconds to its first ack."""
    workspace = Workspace(people)
    await workspace.start()
    env = bot_environment(workspace) | {"GONOGO_STATE": str(folder / "gonogo.db")}
    env |= {"GONOGO_CHANNEL": CHANNEL, **(variables or {})}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (await workspace.command(STARTER.id, "/deploy help")).acked:
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with exit code {process.returncode} before it connected")
            await asyncio.sleep(0.02)
        yield workspace, process.pid, time.perf_counter() - began
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)  # a host that says nothing is waited for 10 s
        await workspace.stop()


def bot_environment(workspace: Workspace) -> dict[str, str]:
    """The environment of a bot that connects to a workspace."""
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    env |= {"SLACK_BOT_TOKEN": workspace.bot_token, "SLACK_APP_TOKEN": workspace.app_token}
    return env | {"SLACK_API_URL": workspace.api_url}


@functools.cache
def as_installed() -> str:
    """Words of Python that hide the packages which only developers have: what finds them imports more."""
    installed = {"gonogo", *re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)}
    names = [
        name
        for name, distributions in packages_distributions().items()
        if not installed & {re.sub(r"[-_.]+", "-", one).lower() for one in distributions}
    ]
    return f"import sys; sys.modules |= dict.fromkeys({sorted(names)})\n"


def gonogo() -> list[str]:
    """The command that starts gonogo as it is installed."""
    return [sys.executable, "-c", f"{as_installed()}from bot.cli import main; sys.exit(main(['serve']))"]


def resident_megabytes(pid: int) -> float:
    """How much memory a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def node_bolt(cache: Path) -> list[str]:
    """The command that starts the Node bot; installs @slack/bolt into `cache` the first time."""
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / "node_modules" / "@slack" / "bolt").exists():
        subprocess.run(["npm", "install", "--silent", "--prefix", str(cache), "@slack/bolt@4"], check=True)
    script = cache / "bot.js"
    script.write_text(NODE_BOT)
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("there is no node on the PATH, and so no peer to compare with")
    return [node, str(script)]


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for one measurement; it is removed afterwards."""
    return tempfile.TemporaryDirectory(prefix="gonogo-bench-")

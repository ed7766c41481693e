"""`make rehearse`: the production bot on this machine; `--auto` plays a scenario."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.rehearsal.autoplay import play_scenario
from bot.rehearsal.options import parser
from bot.rehearsal.own_page import TARGET, open_own_page
from bot.rehearsal.role_holders import STARTER
from bot.rehearsal.sandbox import Sandbox, open_sandbox
from bot.rehearsal.scenarios import SCENARIOS
from state.errors import BadSettings


def main(arguments: Sequence[str] | None = None, command: str = "make rehearse") -> int:
    """Rehearse; 0 when the scenario ended as it must, 1 when it did not, 130 after Ctrl-C."""
    options = parser(command).parse_args(arguments)
    if options.page and (options.auto or options.bots > 1):
        raise BadSettings(
            "The simulated users play only the pages A and B: leave out --auto and --bots for your own page."
        )
    # after SIGTERM clean up as after Ctrl-C: the servers are processes of their own
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.page:
        return _run_own_page(options)
    folder = Path(options.folder or tempfile.mkdtemp(prefix="gonogo-rehearsal-"))
    try:
        return asyncio.run(_rehearse(options, folder))
    except KeyboardInterrupt:
        return 130
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)


def _run_own_page(options: argparse.Namespace) -> int:
    try:
        return asyncio.run(_own_page(options.page, Path(options.folder) if options.folder else None, options.port))
    except KeyboardInterrupt:
        return 130


async def _own_page(page: Path, folder: Path | None, port: int) -> int:
    async with open_own_page(page, folder, port=port) as sandbox:
        await sandbox.wait_connected()
        print(f"Slack is simulated. The target is what {TARGET} names: what the page says is really done there.")
        return await _by_hand(sandbox)


async def _rehearse(options: argparse.Namespace, folder: Path) -> int:
    scenario = SCENARIOS[options.scenario]
    staging = options.option == "B" or not options.auto
    names = "production and staging" if staging else "production"
    print(f"Starting {names}. The first start takes a minute longer, because npm downloads packages.", flush=True)
    opened = open_sandbox(scenario, folder, staging=staging, port=options.port, bots=options.bots)
    async with opened as sandbox:
        await sandbox.wait_connected()
        if options.auto:
            return await play_scenario(scenario, options.option, sandbox)
        return await _by_hand(sandbox)


async def _by_hand(sandbox: Sandbox) -> int:
    print(f"\nThe workspace: {sandbox.workspace.url}?person={STARTER.id}")
    print("Type /deploy start there, and switch between the people at the top. Press Ctrl-C to end.", flush=True)
    if len(sandbox.bots) > 1:
        numbers = " and ".join(str(bot.process.pid) for bot in sandbox.bots)
        print(f"The bots are the processes {numbers}. Kill one with kill -9, and another goes on.", flush=True)
    while not (ended := sandbox.all_ended()):
        await asyncio.sleep(0.5)
    print(ended, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

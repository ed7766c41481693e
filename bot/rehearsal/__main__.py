"""`make rehearse`: the production bot between a workspace in a box and a target in a box; by hand, or with --auto by itself."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.rehearsal.narrator import Narrator
from bot.rehearsal.people import CHANNEL, PEOPLE, STARTER, environment
from bot.rehearsal.players import Players
from bot.rehearsal.stories import STORIES, Before, Story, wrong_at_the_end
from bot.rehearsal.target import Target
from bot.rehearsal.workspace import Workspace
from state.records import ACTIVE
from state.store import Store

# by this the waiting times of the watch are divided: four hours in one minute, the day of Option B's soak in three
SPEED = {"A": 240, "B": 480}
PAGES = {"A": "option-a.md", "B": "option-b.md"}


def main() -> int:
    """Rehearse; 0 when the story ended as it should, on the target and in the channel."""
    options = _options()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="gonogo-rehearsal-"))
    try:
        return asyncio.run(_rehearse(options, folder))
    except KeyboardInterrupt:
        return 130
    finally:
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make rehearse", description=__doc__)
    parser.add_argument("--auto", action="store_true", help="play the people, print the channel, check the end")
    parser.add_argument("--option", choices=sorted(PAGES), default="A", help="which page (default A)")
    parser.add_argument("--scenario", choices=sorted(STORIES), default="keep", help="which story --auto plays")
    parser.add_argument("--port", type=int, default=0, help="the workspace page's port (default: any free one)")
    parser.add_argument("--folder", help="where everything is put, and kept (default: a temporary folder)")
    return parser.parse_args()


async def _rehearse(options: argparse.Namespace, folder: Path) -> int:
    story = STORIES[options.scenario]
    cache = Path(os.environ.get("GONOGO_CACHE", ".cache/target")).resolve()
    names = ["production"] + (["staging"] if options.option == "B" or not options.auto else [])
    print(f"Starting {' and '.join(names)} in a box; the first time npm needs a minute or two …", flush=True)
    targets = [Target(folder / name, cache, name, flaws=story.flaws) for name in names]
    workspace = Workspace(PEOPLE, CHANNEL, "deploys", port=options.port)
    try:
        for target in targets:
            await asyncio.to_thread(target.start)
        await workspace.start()
        env = _bot_environment(targets, workspace, folder, SPEED[options.option])
        with _bot(env, folder) as bot:
            if options.auto:
                return await _play(story, options.option, workspace, targets[0], Path(env["GONOGO_STATE"]), bot)
            return await _by_hand(workspace, bot, folder)
    finally:
        await workspace.stop()
        for target in targets:
            await asyncio.to_thread(target.stop)


def _bot_environment(targets: list[Target], workspace: Workspace, folder: Path, speed: int) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    for target in targets:
        env |= target.env
    env |= environment()
    env |= {"SLACK_BOT_TOKEN": workspace.bot_token, "SLACK_APP_TOKEN": workspace.app_token}
    env |= {
        "SLACK_API_URL": workspace.api_url,
        "GONOGO_STATE": str(folder / "gonogo.db"),
        "GONOGO_WATCH_SPEED": str(speed),
    }
    return env


@contextlib.contextmanager
def _bot(env: dict[str, str], folder: Path):  # type: ignore[no-untyped-def]
    """The production bot as a process of its own; its log goes to bot.log in the folder."""
    with (folder / "bot.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=env, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(15)


async def _by_hand(workspace: Workspace, bot: subprocess.Popen[bytes], folder: Path) -> int:
    print(f"\nThe workspace: {workspace.url}?person={STARTER.id}\nType /deploy start there. Ctrl-C ends the rehearsal.")
    while bot.poll() is None:
        await asyncio.sleep(0.5)
    print((folder / "bot.log").read_text(), file=sys.stderr)
    return 1


async def _play(
    story: Story, option: str, workspace: Workspace, target: Target, state: Path, bot: subprocess.Popen[bytes]
) -> int:
    print(f"The story: {story.tells}.")
    print(f"The watch is shortened {SPEED[option]} times; nothing else is.\n", flush=True)
    before = await asyncio.to_thread(_before, target)
    Narrator(workspace).listen()
    players = Players(workspace, target, story)
    await _until_connected(workspace, bot)
    await players.start(PAGES[option])
    playing = asyncio.create_task(players.play())
    try:
        ends = await _until_over(state, 1 if option == "A" else 2, playing, bot)
    finally:
        playing.cancel()
    await asyncio.sleep(2)  # the last words of the run are still on their way to the channel
    wrong = wrong_at_the_end(story, await asyncio.to_thread(target.audit), before)
    if ends != story.ends:
        wrong.append(f"the run is {ends}, not {story.ends}")
    return _verdict(story, wrong)


def _verdict(story: Story, wrong: list[str]) -> int:
    if wrong:
        print(f"\n✗ The story “{story.name}” should end {story.ends}, but:")
        print("\n".join(f"  - {sentence}" for sentence in wrong))
        return 1
    print(f"\n✓ The story “{story.name}” ended as it should: {story.ends}; the target itself says the same.")
    return 0


def _before(target: Target) -> Before:
    return Before(old=target.old, new=target.new, boots=target.audit().boots)


async def _until_connected(workspace: Workspace, bot: subprocess.Popen[bytes]) -> None:
    while not (await workspace.command(STARTER.id, "/deploy help")).acked:
        if bot.poll() is not None:
            raise SystemExit(f"The bot ended with {bot.returncode}; its words are in bot.log (keep it with --folder).")
        await asyncio.sleep(0.1)


async def _until_over(state: Path, runs: int, playing: asyncio.Task[None], bot: subprocess.Popen[bytes]) -> str:
    """Wait until that many runs are over; the last one's state."""
    while not playing.done() and bot.poll() is None:
        await asyncio.sleep(0.5)
        found = await asyncio.to_thread(_states, state)
        if found and not any(one in ACTIVE for one in found) and (len(found) == runs or found[0] != "kept"):
            return found[0]
    if playing.done():
        playing.result()
    return f"cut off: the bot ended with {bot.returncode}"


def _states(path: Path) -> list[str]:
    store = Store(path)
    try:
        return [run.state for run in store.runs()]
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main())

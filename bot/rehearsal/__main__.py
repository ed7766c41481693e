"""`make rehearse`: the production bot between a workspace in a box and a target in a box; by hand, or with --auto by itself."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.rehearsal.narrator import Narrator
from bot.rehearsal.people import STARTER
from bot.rehearsal.players import Players, said
from bot.rehearsal.stage import PAGES, SPEED, Stage, stage
from bot.rehearsal.stories import STORIES, Before, Story, wrong_at_the_end
from bot.rehearsal.target import Target
from state.records import ACTIVE, RunState
from state.sqlite.store import Store

PATIENCE = 900  # seconds after which a story that stands still has failed


def main() -> int:
    """Rehearse; 0 when the story ended as it should, on the target and in the channel."""
    options = _options()
    # ended from outside it clears away as it does after Ctrl-C: its servers are processes of their own
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
    parser.add_argument("--scenario", choices=sorted(STORIES), default="keep", help="which story (default keep)")
    parser.add_argument("--port", type=int, default=0, help="the workspace page's port (default: any free one)")
    parser.add_argument("--folder", help="where everything is put, and kept (default: a temporary folder)")
    return parser.parse_args()


async def _rehearse(options: argparse.Namespace, folder: Path) -> int:
    story = STORIES[options.scenario]
    staging = options.option == "B" or not options.auto
    print(
        f"Starting production{' and staging' if staging else ''} in a box; the first time npm needs a minute …",
        flush=True,
    )
    async with stage(options.option, story, folder, staging=staging, port=options.port) as played:
        await played.connected()
        if options.auto:
            return await _play(story, options.option, played)
        return await _by_hand(played)


async def _by_hand(played: Stage) -> int:
    print(f"\nThe workspace: {played.workspace.url}?person={STARTER.id}")
    print("Type /deploy start there, and switch between the people at the top. Ctrl-C ends the rehearsal.", flush=True)
    while played.bot.poll() is None:
        await asyncio.sleep(0.5)
    print(f"The bot ended with {played.bot.returncode}:\n{played.log.read_text()[-3000:]}", file=sys.stderr)
    return 1


async def _play(story: Story, option: str, played: Stage) -> int:
    print(f"The story: {story.tells}.")
    print(f"The watch is shortened {SPEED[option]} times; nothing else is.")
    print(f"The page's rollback may take {story.within} instead of its own time.\n" if story.within else "", flush=True)
    production = played.targets[0]
    before = await asyncio.to_thread(_before, production)
    Narrator(played.workspace).listen()
    players = Players(played.workspace, production, story)
    await players.start(PAGES[option])
    playing = asyncio.create_task(players.play())
    try:
        ends = await _until_over(played.state, 1 if option == "A" else 2, playing, played.bot)
    finally:
        playing.cancel()
    ended = await _last_words(played, story)
    wrong = wrong_at_the_end(story, await asyncio.to_thread(production.audit), before)
    if ends != story.ends:
        wrong.append(f"the run is {ends}, not {story.ends}{await asyncio.to_thread(_why, played.state)}")
    if not ended:
        wrong.append(f"the channel does not say “{_TOLD[story.ends]}”")
    channel = said(played.workspace)
    wrong += [f"nobody was told “{words}”" for words in story.told if not any(words in one for one in channel)]
    return _verdict(story, wrong)


# what the card says at each end
_TOLD = {"kept": "KEPT", "rolled back": "ROLLED BACK", "aborted": "ABORTED"}


async def _last_words(played: Stage, story: Story) -> bool:
    """Wait until the channel says how it ended and all that the story wants told, at most 30 s; False if it never says how it ended.

    Messages go out one a second, so that the last ones come after the card.
    """
    ended = False
    for _ in range(60):
        ended = any(_TOLD[story.ends] in message.text for message in played.workspace.messages())
        channel = said(played.workspace)
        if ended and all(any(words in one for one in channel) for words in story.told):
            await asyncio.sleep(2)
            break
        await asyncio.sleep(0.5)
    return ended


def _verdict(story: Story, wrong: list[str]) -> int:
    if wrong:
        print(f"\n✗ The story “{story.name}” should end {story.ends}, but:")
        print("\n".join(f"  - {sentence}" for sentence in wrong))
        return 1
    print(f"\n✓ The story “{story.name}” ended as it should: {story.ends}; the target itself and the channel agree.")
    return 0


def _before(target: Target) -> Before:
    audit = target.audit()
    return Before(old=target.old, new=target.new, boots=audit.boots, v2_rows=audit.v2_rows)


async def _until_over(state: Path, runs: int, playing: asyncio.Task[None], bot: subprocess.Popen[bytes]) -> str:
    """Wait until that many runs are over, or one has not ended well; the last one's state."""
    begun = time.monotonic()
    while not playing.done() and bot.poll() is None:
        if time.monotonic() - begun > PATIENCE:
            return f"still waiting after {PATIENCE // 60} minutes"
        await asyncio.sleep(0.5)
        found = await asyncio.to_thread(_states, state)
        if found and not any(one in ACTIVE for one in found) and (len(found) == runs or found[0] != RunState.KEPT):
            return found[0]
    if playing.done():
        playing.result()
    return f"cut off: the bot ended with {bot.returncode}"


def _why(path: Path) -> str:
    """Why the last run was rolled back, if it was: a busy machine, for example, is busy in the rehearsal too."""
    store = Store(path)
    try:
        fact = store.record(store.runs(1)[0].id).rollback
        return f" (it was asked for by {fact.person}: {fact.reason})" if fact else ""
    finally:
        store.close()


def _states(path: Path) -> list[str]:
    store = Store(path)
    try:
        return [run.state for run in store.runs()]
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main())

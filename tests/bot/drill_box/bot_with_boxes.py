"""A bot whose shipped pages have no places for a drill, and its workspace."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.drill_box.box import Box
from bot.drill_box.files import TARGET
from bot.rehearsal.role_holders import CHANNEL, PEOPLE, STARTER, role_environment
from bot.rehearsal.target.host import Host
from bot.rehearsal.workspace import Message, Workspace
from state.records import Run
from state.sqlite.store import Store
from tests.crash.sandbox import CACHE, BotProcess

# what must be in no process of a box, and reached by no drill
PRODUCTION = {
    "PROD_SSH": "deploy@production.example:22",
    "PROD_DATABASE_URL": "postgresql://owner:prod-pa55word@production.example/dj",
    "PROD_APP_URL": "https://production.example",
    "PROD_TOKEN": "t0ken-of-production",
}


@dataclass
class BotWithBoxes:
    """The parts. `folder` holds the record and, beside it, the boxes."""

    workspace: Workspace
    bot: BotProcess
    folder: Path

    @property
    def boxes(self) -> list[Box]:
        """The boxes that are there now."""
        folder = self.folder / "gonogo.db.boxes"
        return [Box(one, CACHE) for one in sorted(folder.iterdir())] if folder.exists() else []

    def run(self) -> Run:
        """The first run."""
        with contextlib.closing(Store(self.folder / "gonogo.db")) as store:
            return store.run(1)

    def processes(self, box: Box) -> list[psutil.Process]:
        """Every process of a box: its target's, and the one that keeps it."""
        words = str(box.folder)
        keepers = [one for one in psutil.process_iter(["cmdline"]) if words in (one.info["cmdline"] or [])]
        return [*Host(box.folder / TARGET, CACHE).processes(), *keepers]

    async def start(self) -> None:
        """Start the bot, and wait until it hears what people do."""
        self.bot.start()
        async with asyncio.timeout(60):
            while not (await self.workspace.command(STARTER.id, "/deploy help")).acked:
                assert self.bot.is_running, self.bot.log_end()
                await asyncio.sleep(0.1)

    async def drill(self, type_it: Callable[[], Awaitable[object]] | None = None) -> Message:
        """Start a drill of Option A, or what `type_it` types; the message that asks who takes part.

        On a busy machine the preflight may find that the box answers late. Then it is started again, as a person would.
        """
        while True:
            seen = len(self.workspace.state.messages)
            await (type_it() if type_it else self.workspace.command(STARTER.id, "/deploy drill option-a.md"))
            said = await self.message("Who takes part", or_text="🚫", after=seen)
            if "Who takes part" in f"{said.blocks}":
                return said
            assert "gave no answer" in said.text, said.text

    async def message(self, *texts: str, or_text: str = "", after: int = 0, timeout: float = 150) -> Message:
        """A message with these texts, which the channel or one person sees; waits until there is one.

        One with `or_text` is as good. Those before the number `after` do not count.
        """

        def is_it(one: Message) -> bool:
            shown = f"{one.text}{one.blocks}{one.files}"
            return all(text in shown for text in texts) or bool(or_text and or_text in shown)

        try:
            async with asyncio.timeout(timeout):
                while not (found := next(filter(is_it, self.workspace.state.messages[after:]), None)):
                    await asyncio.sleep(0.1)
                return found
        except TimeoutError:
            said = [one.text[:200] for one in self.workspace.state.messages]
            raise AssertionError(f"nobody said {texts}, but {said[-6:]}\n{self.bot.log_end()}") from None

    async def until(self, condition: Callable[[], object], timeout: float = 120) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(timeout):
            while not await asyncio.to_thread(condition):
                assert self.bot.is_running, self.bot.log_end()
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def bot_with_boxes(folder: Path, **environ: str) -> AsyncIterator[BotWithBoxes]:
    """Start the workspace; at the end stop it, the bot, and every box that is left."""
    (folder / "home" / ".cache").mkdir(parents=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    (folder / "home" / ".cache" / "gonogo").symlink_to(CACHE)
    workspace = Workspace(PEOPLE, CHANNEL)
    await workspace.start()
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    env |= {
        "HOME": str(folder / "home"),
        "GONOGO_STATE": str(folder / "gonogo.db"),
        "GONOGO_WATCH_SPEED": "240",
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
    }
    made = BotWithBoxes(
        workspace, BotProcess(env | role_environment() | PRODUCTION | environ, folder / "bot.log"), folder
    )
    try:
        yield made
    finally:
        made.bot.stop()
        await workspace.stop()
        for box in made.boxes:
            await asyncio.to_thread(box.end)

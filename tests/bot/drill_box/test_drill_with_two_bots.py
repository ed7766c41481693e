"""A drill in a sandbox with two bots on one record in PostgreSQL: one is killed in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.drill_box.box import Box
from bot.drill_box.files import KEEPER
from bot.rehearsal.role_holders import PEOPLE, STARTER
from bot.rehearsal.target.postgres import Postgres
from state.journal import RecordKey
from state.postgres.numbers import OWNER
from state.records import RunState
from tests.bot.drill_box.bot_with_boxes import BotWithBoxes, bot_with_boxes
from tests.bot.feeds.test_two_bots import has_port
from tests.bot.test_serve_on_postgres import bots
from tests.crash.sandbox import CACHE, BotProcess
from tests.state.kept import KeptInPostgres

pytestmark = pytest.mark.timeout(400)
KEY = "0123456789abcdef0123456789abcdef"
ROOT = Path(__file__).parents[3]


@dataclass
class TwoBots:
    """Two bots of one record; each keeps its sandboxes in its own current folder."""

    kept: KeptInPostgres
    made: BotWithBoxes
    bots: list[BotProcess]

    @property
    def boxes(self) -> list[Box]:
        """The sandboxes that are there now, of both."""
        folders = {bot.cwd for bot in self.bots if bot.cwd}
        return [Box(one, CACHE) for folder in folders for one in folder.glob("gonogo-*.boxes/*")]

    def owner(self) -> BotProcess | None:
        """The bot that carries out the drill."""
        rows = self.kept.admin(
            "SELECT client_port FROM pg_locks JOIN pg_stat_activity USING (pid) "
            f"WHERE locktype = 'advisory' AND classid = {OWNER} AND objid = 1 AND granted"
        )
        owners = [bot for bot in self.bots if bot.process and bot.is_running and rows]
        return next((bot for bot in owners if bot.process and has_port(bot.process.pid, int(rows[0][0]))), None)

    def state(self) -> RunState:
        """The state of the drill."""
        return self.store.run(1).state

    async def owned(self) -> BotProcess:
        """The bot that carries out the drill, once there is one."""
        await self.made.until(self.owner)
        owner = self.owner()
        assert owner
        return owner

    async def take_part(self) -> None:
        """Everybody takes part, and one lets the drill begin."""
        asked = await self.made.message("Who takes part")
        for person in PEOPLE:
            await self.made.workspace.press(person.id, asked.ts, "take_part")
        await self.made.message("begin_drill")
        await self.made.workspace.press(STARTER.id, asked.ts, "begin_drill")

    def __post_init__(self) -> None:
        self.store = self.kept.open(key=RecordKey(KEY.encode()))


@asynccontextmanager
async def two_bots(server: Postgres, folder: Path, *, apart: bool) -> AsyncIterator[TwoBots]:
    """Two bots that serve; `apart` as on two machines, so that none sees the sandboxes of the other."""
    kept = KeptInPostgres(server, folder)
    kept.prepare()
    environ = {"GONOGO_STATE": kept.address.url, "GONOGO_RECORD_KEY": KEY, "PYTHONPATH": str(ROOT)}
    with closing(kept):
        async with bot_with_boxes(folder, **environ) as made:
            other = BotProcess(made.bot.env, folder / "other.log")
            made.bot.cwd, other.cwd = folder / "a", folder / ("b" if apart else "a")
            for bot in (made.bot, other):
                assert bot.cwd
                bot.cwd.mkdir(exist_ok=True)
            pair = TwoBots(kept, made, [made.bot, other])
            try:
                await made.start()
                other.start()
                await made.until(lambda: bots(kept) == 2)
                yield pair
            finally:
                for bot in pair.bots:
                    bot.stop()
                for box in pair.boxes:
                    await asyncio.to_thread(box.end)


def test_the_other_bot_of_the_machine_takes_the_drill_over_with_its_sandbox(shorter: Path, postgres: Postgres) -> None:
    async def story() -> None:
        async with two_bots(postgres, shorter, apart=False) as pair:
            await pair.made.drill()
            (box,) = pair.boxes
            keeper, owner = (box.folder / KEEPER).read_text(), await pair.owned()
            (other,) = [bot for bot in pair.bots if bot is not owner]
            owner.kill()
            pair.made.bot = other
            assert await pair.owned() is other
            await pair.take_part()
            await pair.made.until(lambda: any(one.state == "done" for one in pair.store.record(1).attempts))
            assert (box.is_up, (box.folder / KEEPER).read_text()) == (True, keeper), "it is the same target"
            await pair.made.workspace.command(STARTER.id, "/deploy rollback that is enough")
            await pair.made.until(lambda: pair.state() in {RunState.ROLLED_BACK, RunState.ABORTED})
            await pair.made.until(lambda: not pair.boxes)

    asyncio.run(story())


def test_a_bot_that_does_not_see_the_sandbox_leaves_the_drill_alone_and_ends_it_once_the_other_is_gone(
    shorter: Path, postgres: Postgres
) -> None:
    async def story() -> None:
        async with two_bots(postgres, shorter, apart=True) as pair:
            await pair.made.drill()
            (box,) = pair.boxes
            owner = await pair.owned()
            assert owner.cwd in box.folder.parents, "the bot beside its sandbox carries it out"
            await pair.take_part()
            await pair.made.until(lambda: any(one.state == "done" for one in pair.store.record(1).attempts))
            (other,) = [bot for bot in pair.bots if bot is not owner]
            owner.kill()
            pair.made.bot = other
            said = await pair.made.message("has ended", "its sandbox is gone: it was removed, or is beside another bot")
            assert said.text.startswith("DRILL · 🛑 The drill of DJ-System production (drill) has ended")
            assert pair.state() == RunState.ENDED
            owner.start()
            await pair.made.until(lambda: not pair.boxes)  # a bot that comes back removes what it left

    asyncio.run(story())

"""A drill in a sandbox, with the real bot: the sandbox ends with the drill, also after kills."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest

from bot.drill_box.box import Box
from bot.drill_box.files import KEEPER, TARGET
from bot.rehearsal.role_holders import PEOPLE, STARTER
from state.records import Attempt, Drill, RunState
from state.sqlite.store import Store
from tests.bot.drill_box.bot_with_boxes import PRODUCTION, BotWithBoxes, bot_with_boxes

pytestmark = pytest.mark.timeout(400)


async def begin(made: BotWithBoxes) -> Box:
    """A drill in a sandbox that waits for people."""
    await made.start()
    await made.drill()
    (box,) = made.boxes
    return box


def database_of(box: Box) -> Path:
    return Path((box.folder / TARGET / "postgres.folder").read_text())


async def require_nothing_left(made: BotWithBoxes, database: Path, there: list[psutil.Process]) -> None:
    """Wait until the box has ended, and look for what it left."""
    await made.until(lambda: not made.boxes and not any(one.is_running() for one in there))
    assert not database.exists()


def test_a_killed_bot_takes_the_box_up_again_and_it_ends_with_the_drill(short: Path) -> None:
    async def story() -> None:
        async with bot_with_boxes(short) as made:
            box = await begin(made)
            database, there = database_of(box), made.processes(box)
            keeper = (box.folder / KEEPER).read_text()
            assert made.run().drill == Drill.BOX
            await require_nothing_of_production(made, box)
            await made.workspace.command(STARTER.id, "/deploy drill option-a.md")
            await made.message("A drill of DJ-System production is active: run 1")
            assert made.boxes == [box], "a second drill of the page starts no second box"
            made.bot.kill()
            await made.start()
            invitation = await made.message("Who takes part")
            for person in PEOPLE:
                await made.workspace.press(person.id, invitation.ts, "take_part")
            await made.message("begin_drill")
            await made.workspace.press(STARTER.id, invitation.ts, "begin_drill")
            await made.until(lambda: any(one.state == "done" for one in attempts(made)))
            assert (box.is_up, (box.folder / KEEPER).read_text()) == (True, keeper), "it is the same target"
            await made.workspace.command(STARTER.id, "/deploy rollback that is enough")
            await made.until(lambda: made.run().state in {RunState.ROLLED_BACK, RunState.ABORTED})
            await require_nothing_left(made, database, there)

    asyncio.run(story())


def test_a_drill_whose_box_is_gone_ends_and_says_so(short: Path) -> None:
    async def story() -> None:
        async with bot_with_boxes(short) as made:
            box = await begin(made)
            database, there = database_of(box), made.processes(box)
            made.bot.kill()
            psutil.Process(int((box.folder / KEEPER).read_text())).kill()
            await made.start()
            said = await made.message("has ended", "its sandbox is gone")
            assert said.text.startswith("DRILL · 🛑 The drill of DJ-System production (drill) has ended")
            assert made.run().state == RunState.ENDED
            await made.message("ENDED, it could not go on")
            await require_nothing_left(made, database, there)

    asyncio.run(story())


def test_a_drill_whose_box_is_stopped_in_the_middle_ends_while_the_bot_serves(short: Path) -> None:
    async def story() -> None:
        async with bot_with_boxes(short) as made:
            box = await begin(made)
            database, there = database_of(box), made.processes(box)
            psutil.Process(int((box.folder / KEEPER).read_text())).kill()
            await made.message("has ended", "its sandbox is gone")
            assert made.run().state == RunState.ENDED
            await require_nothing_left(made, database, there)

    asyncio.run(story())


def test_a_bot_that_is_killed_while_it_makes_a_box_leaves_none_after_its_next_start(short: Path) -> None:
    async def story() -> None:
        async with bot_with_boxes(short) as made:
            await made.start()
            await made.workspace.command(STARTER.id, "/deploy drill option-a.md")
            await made.until(lambda: made.boxes and made.processes(made.boxes[0]))
            (box,) = made.boxes
            made.bot.kill()
            await made.start()
            await made.until(lambda: not made.boxes and not made.processes(box))

    asyncio.run(story())


async def require_nothing_of_production(made: BotWithBoxes, box: Box) -> None:
    """Look into every process of a box, and into the page that the run carries out."""
    processes = made.processes(box)
    assert len(processes) >= 5, "the keeper, PostgreSQL, the API, the proxy and an SSH server"
    environments = "\n".join(str(one.environ()) for one in processes if one.is_running())
    for value in (*PRODUCTION.values(), made.workspace.bot_token, made.workspace.app_token):
        assert value not in environments
    assert not any(f"${name}" in made.run().text for name in PRODUCTION)


def attempts(made: BotWithBoxes) -> tuple[Attempt, ...]:
    store = Store(made.folder / "gonogo.db")
    try:
        return tuple(store.record(1).attempts)
    finally:
        store.close()

"""A run that was ended at the terminal while no bot served it is told as soon as one does."""

from __future__ import annotations

import asyncio
from pathlib import Path

from commands.run.close_run import close_run
from state.facts import Actor, Door
from tests.bot.slack.box import STARTER, box, buttons
from tests.bot.slack.story import DEPLOY


def test_card_and_thread_say_that_nothing_was_taken_back_and_what_stays(tmp_path: Path) -> None:
    async def story() -> None:
        async with box(tmp_path) as here:
            run = here.start()
            here.begin(run, DEPLOY)
            await here.sees("shop:", "Run 1")
            actor = Actor(person=STARTER, door=Door.TERMINAL)
            close_run(here.store, run, here.page, actor, "its machine <!channel> burned down", here.deps.now())
            told = await here.sees("ended by hand", "nothing was taken back", "may still be running on the host")
            assert "<!channel>" not in str(told.blocks)
            card = await here.sees("ENDED BY HAND, look at production")
            assert buttons(card) == [], "there is nothing left to press"

    asyncio.run(story())

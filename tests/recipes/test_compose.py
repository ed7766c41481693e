"""The recipe for compose with image tags, played: through kills of the bot, and back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.recipes.compose_shop import PAGE, ComposeShop, compose_shop
from tests.recipes.play import opened

TIMEOUT = 900.0  # seconds for all
pytestmark = pytest.mark.timeout(TIMEOUT + 120)  # with the production that it needs


def test_the_recipe_deploys_an_image_through_kills_of_the_bot_and_rolls_back_to_the_tag_that_ran(
    tmp_path: Path,
) -> None:
    with compose_shop(tmp_path) as production:
        asyncio.run(asyncio.wait_for(_deploy(production, tmp_path), TIMEOUT))


async def _deploy(production: ComposeShop, folder: Path) -> None:
    async with opened(PAGE, production.env, folder, keep=False) as play:
        await play.kill_in("migrations")
        await play.kill_in("restart")
        await play.wait_for("orders")
        assert (production.runs, production.tags) == (production.new, {production.new}), play.problems()
        assert (production.applied("0002_note"), "note" in production.columns) == (1, True)
        assert production.started_by("migrations") == 1, "the label by which a stopped step ends its container"
        await play.roll_back()
        await play.kill_in("migrations-back")
        assert await play.end() == "rolled back", play.problems()
    assert (production.runs, production.tags) == (production.old, {production.old})
    assert (production.applied("0002_note"), "note" in production.columns) == (0, False)

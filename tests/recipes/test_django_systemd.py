"""The recipe for Django under systemd, played: through kills of the bot, and back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.rehearsal.role_holders import ROLE_HOLDERS
from bot.settings import read_page_file
from tests.recipes.django_shop import Shop, shop
from tests.recipes.play import RECIPES, opened

PAGE = RECIPES / "django-systemd.md"
TIMEOUT = 500.0  # seconds for all
pytestmark = pytest.mark.timeout(TIMEOUT + 120)  # with the production that it needs


def test_the_page_is_read_without_a_mistake() -> None:
    assert read_page_file(PAGE).title.startswith("Deploy the shop")


def test_the_recipe_deploys_through_kills_of_the_bot_and_rolls_back(tmp_path: Path) -> None:
    with shop(tmp_path) as production:
        asyncio.run(asyncio.wait_for(_deploy(production, tmp_path), TIMEOUT))


async def _deploy(production: Shop, folder: Path) -> None:
    (folder / "first").mkdir()
    async with opened(PAGE, production.env, folder / "first", keep=False) as play:
        await play.kill_in("migrations")
        await play.kill_in("restart")
        await play.wait_for("orders")
        assert (production.runs, production.applied("0002_note")) == (production.new, 1), play.problems()
        assert "note" in production.columns
        await play.workspace.command(ROLE_HOLDERS["dba"].id, "/deploy rollback the page looks wrong")
        await play.kill_in("migrations-back")
        assert await play.end() == "rolled back", play.problems()
    assert (production.runs, production.applied("0002_note")) == (production.old, 0)
    assert "note" not in production.columns

    (folder / "second").mkdir()
    async with opened(PAGE, production.env, folder / "second", keep=True) as play:
        assert await play.end() == "kept", play.problems()
    assert (production.runs, production.applied("0002_note")) == (production.new, 1)

"""The recipe with release links, played under load: a deploy, a kill of the bot, a rollback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.rehearsal.role_holders import ROLE_HOLDERS
from tests.load import Load
from tests.recipes.linked_shop import LinkedShop, linked_shop
from tests.recipes.play import RECIPES, opened

PAGE = RECIPES / "release-links.md"
TIMEOUT = 500.0  # seconds for all
pytestmark = pytest.mark.timeout(TIMEOUT + 120)  # with the production that it needs
REQUESTS = ("GET /orders", "GET /build.json", "POST /orders", "GET /health")


def test_the_recipe_rolls_two_hosts_through_a_kill_of_the_bot_and_back_without_a_failed_request(tmp_path: Path) -> None:
    with linked_shop(tmp_path) as production:
        asyncio.run(asyncio.wait_for(_deploy(production, tmp_path), TIMEOUT))


async def _deploy(production: LinkedShop, folder: Path) -> None:
    old, new, schema = production.old, production.new, production.schema()
    assert production.states() == {old}
    load = Load(production.port, REQUESTS, says="commit", pause=0.05)
    with load.running():
        async with opened(PAGE, production.env, folder, keep=False) as play:
            await play.kill_in("restart@web-1")
            await play.wait_for("orders")
            assert production.states() == {new}, play.problems()
            assert production.behind_balancer() == ["web-1", "web-2"]
            await play.workspace.command(ROLE_HOLDERS["dba"].id, "/deploy rollback the orders look wrong")
            assert await play.end() == "rolled back", play.problems()
    assert load.failures() == {}
    assert min(load.answers[f"200 {commit}"] for commit in (old, new)) > 50
    assert production.states() == {old}
    assert production.behind_balancer() == ["web-1", "web-2"]
    assert production.schema() == schema
    assert production.query("SELECT count(*) FROM faxes") == "20"
    assert [host.starts() for host in production.hosts] == [3, 3], "at first, in the deploy, and in the rollback"
    assert production.hosts[0].releases() == {old, new, "old-3", "old-4", "old-5", "old-6"}
    assert int(production.query("SELECT count(*) FROM orders WHERE subject IN ('of v1', 'of v2')")) > 50

"""Roles may name user groups; where the plan has none, that is said in words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from bot.rehearsal.workspace import Workspace
from bot.settings import Settings
from bot.slack.serve import make_client
from bot.slack.user_groups import UserGroups
from tests.bot.slack.box import DBA, GUEST, LEAD, PAGE, PEOPLE

NAMED = {"dba": ["S01DBAS", GUEST], "lead": [LEAD]}


async def _people(groups: Mapping[str, Sequence[str]] | None, tmp: Settings) -> Mapping[str, frozenset[str]]:
    workspace = Workspace(PEOPLE, groups=groups)
    await workspace.start()
    try:
        settings = Settings(
            bot_token=workspace.bot_token, api_url=workspace.api_url, runbook=tmp.runbook, state=tmp.state
        )
        found = UserGroups(make_client(settings), lambda: {"small.md": PAGE}, lambda _: NAMED)
        await found.refresh()
        return found.people(PAGE)
    finally:
        await workspace.stop()


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose paths are of no matter."""
    folder = tmp_path_factory.mktemp("groups")
    return Settings(runbook=folder, state=folder / "x.db")


def test_a_group_stands_for_its_members(settings: Settings) -> None:
    people = asyncio.run(_people({"S01DBAS": [DBA]}, settings))
    assert people == {"dba": frozenset({DBA, GUEST}), "lead": frozenset({LEAD})}


def test_without_groups_the_named_people_stay_and_the_log_says_why(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    people = asyncio.run(_people(None, settings))
    assert people["dba"] == {GUEST}
    assert "S01DBAS" in caplog.text
    assert "name people (U…) instead" in caplog.text or "there is no such group" in caplog.text

"""User groups: a role may name one, and the log explains a group that Slack does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.rehearsal.workspace import Workspace
from bot.settings import Settings
from bot.slack import user_groups
from bot.slack.serve import make_client
from bot.slack.user_groups import UserGroups
from commands.runbook import Page
from state.errors import BadRecord
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, PAGE
from tests.bot.slack.slack_box import PEOPLE

NAMED = {"dba": ["S01DBAS", GUEST], "lead": [LEAD]}


def groups_of(workspace: Workspace, folder: Path) -> UserGroups:
    """The user groups of a workspace, as the roles of the small page name them."""
    settings = Settings(bot_token=workspace.bot_token, api_url=workspace.api_url, runbook=folder, state=folder / "x.db")
    return UserGroups(make_client(settings), lambda: [PAGE], lambda _: NAMED)


def people_with(groups: Mapping[str, Sequence[str]] | None, folder: Path) -> Mapping[str, frozenset[str]]:
    """The people of each role in a workspace with these groups; None is a plan without groups."""

    async def story() -> Mapping[str, frozenset[str]]:
        workspace = Workspace(PEOPLE, groups=groups)
        await workspace.start()
        try:
            user_groups = groups_of(workspace, folder)
            await user_groups.refresh()
            return user_groups.people(PAGE)
        finally:
            await workspace.stop()

    return asyncio.run(story())


def test_a_group_stands_for_its_members(tmp_path: Path) -> None:
    people = people_with({"S01DBAS": [DBA]}, tmp_path)
    assert people == {"dba": frozenset({DBA, GUEST}), "lead": frozenset({LEAD})}


def test_without_groups_the_named_people_count_and_the_log_says_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people = people_with(None, tmp_path)
    assert people["dba"] == {GUEST}
    assert "user group S01DBAS: this workspace's plan has no user groups. Name people (U…) instead." in caplog.text


def test_a_group_that_does_not_exist_is_named_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    people_with({"S02OTHER": [DBA]}, tmp_path)
    assert "user group S01DBAS: this group does not exist. Check its id (S…) in the bot's environment." in caplog.text


def test_while_slack_is_unreachable_the_last_known_members_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> Mapping[str, frozenset[str]]:
        workspace = Workspace(PEOPLE, groups={"S01DBAS": [DBA]})
        await workspace.start()
        user_groups = groups_of(workspace, tmp_path)
        await user_groups.refresh()
        await workspace.stop()
        await user_groups.refresh()
        return user_groups.people(PAGE)

    assert asyncio.run(story())["dba"] == {DBA, GUEST}
    assert "user group S01DBAS: Slack is unreachable" in caplog.text


def test_a_record_that_cannot_be_read_for_a_moment_is_one_line_and_does_not_end_the_bot(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(user_groups, "REFRESH_INTERVAL", 0.02)
    asked: list[int] = []

    def pages() -> list[Page]:
        asked.append(1)
        raise BadRecord("it is busy")

    async def story() -> None:
        serving = asyncio.create_task(UserGroups(AsyncWebClient(), pages, lambda _: NAMED).serve())
        async with asyncio.timeout(60):
            while len(asked) < 3:
                await asyncio.sleep(0.01)
        serving.cancel()

    asyncio.run(story())
    said = "user groups were not asked for; trying again: it is busy"
    assert {(line.getMessage(), bool(line.exc_info)) for line in caplog.records} == {(said, False)}

"""What Slack says of an account, and which workspace it belongs to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.slack import directory
from bot.slack.answers import NotAnswered
from bot.slack.directory import Workspace, account_of, members_of
from state.errors import BadRecord

OWN = Workspace(team="T1")
GRID = Workspace(team="T1", enterprise="E1")


def user(**fields: object) -> dict[str, object]:
    """A user object of the own workspace, with these fields changed."""
    return {"id": "U1", "team_id": "T1", "deleted": False, "is_bot": False, **fields}


def organization(name: str, *teams: str) -> dict[str, object]:
    """The part of a user object about an Enterprise Grid organization."""
    return {"enterprise_id": name, "teams": list(teams)}


@pytest.mark.parametrize(
    ("fields", "workspace", "belongs"),
    [
        ({}, OWN, True),
        ({"team_id": "T2"}, OWN, False),
        ({"team_id": None}, OWN, False),
        ({"is_stranger": True}, OWN, False),
        ({"team_id": "T2", "enterprise_user": organization("E1", "T2", "T1")}, GRID, True),
        ({"team_id": "T2", "enterprise_user": organization("E1", "T2")}, GRID, False),
        ({"team_id": "T2", "enterprise_user": organization("E2", "T1")}, GRID, False),
        ({"team_id": "T2", "enterprise_user": organization("", "T1")}, OWN, False),
    ],
)
def test_an_account_belongs_to_its_workspace(fields: dict[str, object], workspace: Workspace, belongs: bool) -> None:
    assert account_of(user(**fields)).belongs_to(workspace) is belongs


def test_a_workspace_that_slack_leaves_out_is_not_known_to_be_another_one() -> None:
    assert not account_of(user(team_id=None)).is_foreign_to(OWN)
    assert account_of(user(team_id="T2")).is_foreign_to(OWN)
    assert account_of(user(team_id=None, is_stranger=True)).is_foreign_to(OWN)


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"is_workflow_bot": True}, "bot"),
        ({"id": "USLACKBOT"}, "bot"),
        ({"deleted": True}, "deactivated"),
    ],
)
def test_each_flag_of_slack_counts(fields: dict[str, object], flag: str) -> None:
    assert getattr(account_of(user(**fields)), flag) is True
    assert getattr(account_of(user()), flag) is False


def test_a_list_of_members_without_an_end_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MOST_PAGES", 3)

    class Client:
        async def conversations_members(self, **_: object) -> dict[str, Any]:
            return {"members": ["U1"], "response_metadata": {"next_cursor": "again"}}

    with pytest.raises(NotAnswered, match="has no end"):
        asyncio.run(members_of(Client(), "C1"))  # type: ignore[arg-type]


def test_a_record_that_cannot_be_read_for_a_moment_is_one_line_and_does_not_end_the_bot(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(directory, "KEPT", 0.02)
    asked: list[int] = []

    def channels() -> set[str]:
        asked.append(1)
        raise BadRecord("it is busy")

    async def story() -> None:
        serving = asyncio.create_task(directory.Directory(None, channels).serve())  # type: ignore[arg-type]
        async with asyncio.timeout(60):
            while len(asked) < 3:
                await asyncio.sleep(0.01)
        serving.cancel()

    asyncio.run(story())
    said = "the people in the bot's channels were not asked for; trying again: it is busy"
    assert {(line.getMessage(), bool(line.exc_info)) for line in caplog.records} == {(said, False)}

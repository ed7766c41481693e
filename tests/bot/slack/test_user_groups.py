"""User groups: a role may name one, and the log explains a group that Slack does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from bot.rehearsal.workspace import Workspace
from bot.settings import Settings
from bot.slack import user_groups
from bot.slack.serve import make_client
from bot.slack.user_groups import UserGroups
from state.errors import Refused
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, PAGE, STARTER
from tests.bot.slack.slack_box import PEOPLE

NAMED = {"dba": ["S01DBAS", GUEST], "lead": [LEAD]}


def groups_of(workspace: Workspace, folder: Path) -> UserGroups:
    """The user groups of a workspace, as the roles of the small page name them."""
    settings = Settings(bot_token=workspace.bot_token, api_url=workspace.api_url, runbook=folder, state=folder / "x.db")
    return UserGroups(make_client(settings), lambda: {"small.md": PAGE}, lambda _: NAMED)


def people_with(groups: Mapping[str, Sequence[str]] | None, folder: Path) -> Mapping[str, frozenset[str]]:
    """The people of each role in a workspace with these groups; None is a plan without groups."""

    async def story() -> Mapping[str, frozenset[str]]:
        workspace = Workspace(PEOPLE, groups=groups)
        await workspace.start()
        try:
            served = groups_of(workspace, folder)
            await served.refresh()
            return served.people(PAGE)
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
        groups = groups_of(workspace, tmp_path)
        await groups.refresh()
        await workspace.stop()
        await groups.refresh()
        return groups.people(PAGE)

    assert asyncio.run(story())["dba"] == {DBA, GUEST}
    assert "user group S01DBAS: Slack is unreachable" in caplog.text


class Served:
    """The user groups of a workspace that can be changed, served in a loop of their own; acts come from a thread."""

    def __init__(self, workspace: Workspace, groups: UserGroups) -> None:
        self.workspace = workspace
        self.groups = groups

    async def now(self, person: str) -> Mapping[str, frozenset[str]]:
        """The people of each role for an act of this person."""
        return await asyncio.to_thread(self.groups.people_now, PAGE, person)

    def asked(self) -> int:
        """How often Slack was asked for the members of a group."""
        return [method for _, method, _ in self.workspace.calls].count("usergroups.users.list")


def serve(folder: Path, story: Callable[[Served], Awaitable[None]]) -> None:
    """Run a story while a workspace with a group of DBAs is served."""

    async def whole() -> None:
        workspace = Workspace(PEOPLE, groups={"S01DBAS": [DBA]})
        await workspace.start()
        groups = groups_of(workspace, folder)
        serving = asyncio.create_task(groups.serve())
        try:
            async with asyncio.timeout(10):
                while DBA not in groups.people(PAGE)["dba"]:
                    await asyncio.sleep(0.01)
            await story(Served(workspace, groups))
        finally:
            serving.cancel()
            await workspace.stop()

    asyncio.run(whole())


@pytest.fixture
def never_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each act asks Slack."""
    monkeypatch.setattr(user_groups, "FRESH", 0.0)


@pytest.mark.usefixtures("never_fresh")
def test_who_is_taken_out_of_a_group_is_out_at_the_next_act(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        assert DBA in (await served.now(DBA))["dba"]
        served.workspace.state.groups["S01DBAS"] = []
        assert DBA not in (await served.now(DBA))["dba"]

    serve(tmp_path, story)


@pytest.mark.usefixtures("never_fresh")
def test_who_is_taken_into_a_group_is_in_at_the_first_act(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        served.workspace.state.groups["S01DBAS"] = [DBA, STARTER]
        assert STARTER in (await served.now(STARTER))["dba"]

    serve(tmp_path, story)


def test_the_checks_of_one_press_ask_once_and_people_who_are_named_need_no_question(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        before = served.asked()
        for person in (DBA, LEAD, GUEST):
            await served.now(person)
        assert served.asked() == before, "Slack was asked a moment ago"
        served.groups._asked_at.clear()
        await served.now(LEAD)
        assert served.asked() == before
        await served.now(DBA)
        await served.now(DBA)
        assert served.asked() == before + 1

    serve(tmp_path, story)


@pytest.mark.usefixtures("never_fresh")
def test_a_group_that_is_deleted_has_no_members_any_more(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        del served.workspace.state.groups["S01DBAS"]
        assert (await served.now(DBA))["dba"] == {GUEST}

    serve(tmp_path, story)


@pytest.mark.usefixtures("never_fresh")
def test_while_slack_cannot_be_asked_the_members_of_a_group_wait_and_people_who_are_named_do_not(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        await served.workspace.stop()
        with pytest.raises(Refused) as refused:
            await served.now(DBA)
        assert str(refused.value) == (
            "Slack cannot be asked now who is in S01DBAS, so the run does not continue. "
            "Nothing was changed; try again. Rolling back and holding work all the same."
        )
        assert (await served.now(LEAD))["lead"] == {LEAD}
        assert DBA in served.groups.people(PAGE)["dba"], "for messages and the report, the last known members stay"

    serve(tmp_path, story)


def test_a_slack_that_does_not_answer_is_waited_for_two_seconds_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_groups, "FRESH", 0.0)
    monkeypatch.setattr(user_groups, "ASK_LIMIT", 0.05)

    async def silent(**_: object) -> None:
        await asyncio.sleep(30)

    async def story(served: Served) -> None:
        monkeypatch.setattr(served.groups.client, "usergroups_users_list", silent)
        with pytest.raises(Refused, match="Slack cannot be asked now"):
            await served.now(DBA)

    serve(tmp_path, story)


def test_before_slack_is_served_nobody_acts_for_a_group(tmp_path: Path) -> None:
    settings = Settings(runbook=tmp_path, state=tmp_path / "x.db")
    groups = UserGroups(make_client(settings), lambda: {"small.md": PAGE}, lambda _: NAMED)
    with pytest.raises(Refused, match="Slack cannot be asked now"):
        groups.people_now(PAGE, DBA)

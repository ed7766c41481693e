"""auth.*, users.* and usergroups.*, as slack_sdk sees them."""

from __future__ import annotations

from bot.rehearsal.workspace import Person
from tests.bot.rehearsal.workspace.bolt_workspace import LEAD, STARTER, open_workspace, refusal, run


def test_the_token_belongs_to_the_bot() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False, bot_name="releases") as slack:
            answer = await slack.client.auth_test()
            assert (answer["user"], answer["user_id"]) == ("releases", "U0GONOGO")

    run(test)


def test_a_user_has_a_name_a_title_and_may_be_deactivated() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            user = (await slack.client.users_info(user=LEAD.id))["user"]
            assert (user["real_name"], user["profile"]["title"], user["deleted"]) == ("Araya", "Tech lead", False)
            slack.workspace.state.people["U03"] = Person("U03", "Gone", deleted=True)
            assert (await slack.client.users_info(user="U03"))["user"]["deleted"]
            assert (await refusal(slack.client.users_info(user="U99")))["error"] == "user_not_found"

    run(test)


def test_a_user_has_the_flags_and_the_workspace_that_slack_gives() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False, enterprise="E1") as slack:
            workspace = slack.workspace
            user = (await slack.client.users_info(user=LEAD.id))["user"]
            flags = ("team_id", "is_bot", "is_restricted", "is_ultra_restricted")
            assert [user[flag] for flag in flags] == ["T01REHEARSAL", False, False, False]
            workspace.change_person(LEAD.id, guest="single")
            user = (await slack.client.users_info(user=LEAD.id))["user"]
            assert (user["is_restricted"], user["is_ultra_restricted"]) == (True, True)
            workspace.change_person(LEAD.id, guest="multi", enterprise="E1", teams=("T01REHEARSAL", "T2"))
            user = (await slack.client.users_info(user=LEAD.id))["user"]
            assert (user["is_restricted"], user["is_ultra_restricted"]) == (True, False)
            assert user["enterprise_user"]["teams"] == ["T01REHEARSAL", "T2"]
            assert (await slack.client.auth_test())["enterprise_id"] == "E1"
            assert (await slack.client.users_info(user="U0GONOGO"))["user"]["is_bot"]

    run(test)


def test_a_user_of_another_workspace_is_a_stranger_unless_a_channel_is_shared() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            slack.workspace.change_person(LEAD.id, team="T9OTHER")
            user = (await slack.client.users_info(user=LEAD.id))["user"]
            assert (user["team_id"], user["is_stranger"], "is_restricted" in user) == ("T9OTHER", False, False)
            slack.workspace.leave(LEAD.id)
            assert (await slack.client.users_info(user=LEAD.id))["user"]["is_stranger"]
            assert LEAD.id not in [member["id"] for member in (await slack.client.users_list())["members"]]

    run(test)


def test_the_list_has_all_users_and_the_bot() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            members = (await slack.client.users_list())["members"]
            assert [member["id"] for member in members] == [STARTER.id, LEAD.id, "U0GONOGO"]
            assert [member["is_bot"] for member in members] == [False, False, True]

    run(test)


def test_user_groups_need_a_paid_plan() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            body = await refusal(slack.client.usergroups_users_list(usergroup="S1"))
            assert body["error"] == "plan_upgrade_required"
            slack.workspace.state.groups["S1"] = [STARTER.id]
            assert (await slack.client.usergroups_users_list(usergroup="S1"))["users"] == [STARTER.id]
            body = await refusal(slack.client.usergroups_users_list(usergroup="S9"))
            assert body["error"] == "no_such_subteam"

    run(test)

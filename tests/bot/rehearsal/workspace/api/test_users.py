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

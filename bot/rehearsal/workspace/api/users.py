"""auth.*, users.* and usergroups.*: the bot, the users and the user groups of the workspace."""

from __future__ import annotations

from bot.rehearsal.workspace.method_registry import Call, SlackError, method
from bot.rehearsal.workspace.slack_objects import Json, Person
from bot.rehearsal.workspace.workspace_state import APP_ID, BOT_ID, BOT_USER, DOMAIN, TEAM


@method("auth.test")
async def auth_test(call: Call) -> Json:
    """The bot of the token."""
    return {
        "url": f"{call.state.address}/",
        "team": DOMAIN,
        "user": call.state.bot_name,
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


@method("users.info", "users:read")
async def info(call: Call) -> Json:
    """One user."""
    person = call.state.people.get(str(call.require("user", "user_not_found")))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": _as_slack(person)}


@method("users.list", "users:read")
async def list_users(call: Call) -> Json:
    """All users and the bot."""
    bot = _as_slack(Person(BOT_USER, call.state.bot_name)) | {"is_bot": True}
    return {
        "members": [*map(_as_slack, call.state.people.values()), bot],
        "response_metadata": {"next_cursor": ""},
    }


@method("usergroups.users.list", "usergroups:read")
async def group(call: Call) -> Json:
    """The people of a group; a workspace without groups answers as one on a free plan does."""
    if not call.state.groups:
        raise SlackError("plan_upgrade_required")
    name = str(call.require("usergroup"))
    if name not in call.state.groups:
        raise SlackError("no_such_subteam")
    return {"users": call.state.groups[name]}


def _as_slack(person: Person) -> Json:
    profile = {"real_name": person.name, "display_name": person.name, "title": person.title}
    return {
        "id": person.id,
        "team_id": TEAM,
        "name": person.name.lower().replace(" ", "."),
        "real_name": person.name,
        "deleted": person.deleted,
        "is_bot": False,
        "tz": "Asia/Bangkok",
        "profile": profile,
    }

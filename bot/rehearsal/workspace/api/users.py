"""auth.*, users.* and usergroups.*: the bot, the users and the user groups of the workspace."""

from __future__ import annotations

from bot.rehearsal.workspace.method_registry import Call, SlackError, method
from bot.rehearsal.workspace.slack_objects import TEAM, Json, Person
from bot.rehearsal.workspace.workspace_state import APP_ID, BOT_ID, BOT_USER, DOMAIN


@method("auth.test")
async def auth_test(call: Call) -> Json:
    """The bot of the token."""
    organization = {"enterprise_id": call.state.enterprise} if call.state.enterprise else {}
    return {
        **organization,
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
    """One user, also of another workspace."""
    user = str(call.require("user", "user_not_found"))
    if user == BOT_USER:
        return {"user": _bot(call)}
    person = call.state.people.get(user)
    if person is None:
        raise SlackError("user_not_found")
    return {"user": _as_slack(call, person)}


@method("users.list", "users:read")
async def list_users(call: Call) -> Json:
    """All users and the bot."""
    people = [person for person in call.state.people.values() if person.team == TEAM]
    return {
        "members": [*(_as_slack(call, person) for person in people), _bot(call)],
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


def _bot(call: Call) -> Json:
    return _as_slack(call, Person(BOT_USER, call.state.bot_name, is_bot=True))


def _as_slack(call: Call, person: Person) -> Json:
    """A user object. Slack leaves most fields out for a deactivated account and for a user of another workspace."""
    profile = {"real_name": person.name, "display_name": person.name, "title": person.title, "team": person.team}
    user: Json = {
        "id": person.id,
        "team_id": person.team,
        "name": person.name.lower().replace(" ", "."),
        "real_name": person.name,
        "deleted": person.deleted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "tz": "Asia/Bangkok",
        "profile": profile,
    }
    if person.enterprise:
        teams = list(person.teams or (person.team,))
        user["enterprise_user"] = {"id": person.id, "enterprise_id": person.enterprise, "teams": teams}
    if person.team != TEAM:
        return user | {"is_stranger": not call.state.is_visible(person)}
    if not person.deleted:
        user |= {"is_restricted": bool(person.guest), "is_ultra_restricted": person.guest == "single"}
    return user

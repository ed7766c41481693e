"""auth, users and user groups: who is who in the workspace."""

from __future__ import annotations

from bot.rehearsal.workspace.methods import Call, SlackError, method
from bot.rehearsal.workspace.records import Json, Person
from bot.rehearsal.workspace.team import APP_ID, BOT_ID, BOT_USER, DOMAIN, TEAM


@method("auth.test")
async def auth_test(call: Call) -> Json:
    """Who the token belongs to."""
    return {
        "url": f"{call.team.address}/",
        "team": DOMAIN,
        "user": call.team.bot_name,
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


@method("users.info", "users:read")
async def info(call: Call) -> Json:
    """One person."""
    person = call.team.people.get(str(call.need("user", "user_not_found")))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": _shown(person)}


@method("users.list", "users:read")
async def listed(call: Call) -> Json:
    """Everybody, the bot as well."""
    bot = _shown(Person(BOT_USER, call.team.bot_name)) | {"is_bot": True}
    return {
        "members": [*map(_shown, call.team.people.values()), bot],
        "response_metadata": {"next_cursor": ""},
    }


@method("usergroups.users.list", "usergroups:read")
async def group(call: Call) -> Json:
    """The people of a group; a workspace without groups answers as one on a free plan does."""
    if not call.team.groups:
        raise SlackError("plan_upgrade_required")
    name = str(call.need("usergroup"))
    if name not in call.team.groups:
        raise SlackError("no_such_subteam")
    return {"users": call.team.groups[name]}


def _shown(person: Person) -> Json:
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

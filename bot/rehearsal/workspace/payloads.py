"""The payloads of commands, presses and forms, as Slack writes them."""

from __future__ import annotations

from typing import Any

from bot.rehearsal.workspace.records import Channel, Json, Message, Person, View
from bot.rehearsal.workspace.team import APP_ID, BOT_ID, DOMAIN, TEAM, Team

CHOSEN = {
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
}
INITIAL = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_channel": "initial_channel",
    "selected_conversation": "initial_conversation",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
}


def command(team: Team, person: Person, channel: Channel, name: str, text: str) -> Json:
    """A slash command."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "team_domain": DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": person.id,
        "user_name": _handle(person),
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": hook_url(team, person, channel, None),
        "trigger_id": team.passes.trigger(person.id),
    }


def press_in_message(team: Team, person: Person, message: Message, action: Json) -> Json:
    """A press of something in a message."""
    channel = team.channels[message.channel]
    place: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.only_for),
    }
    place |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
    shown = {} if message.only_for else {"message": message.as_slack() | {"app_id": APP_ID, "bot_id": BOT_ID}}
    return {
        **_about("block_actions", team, person),
        **shown,
        "container": place,
        "channel": {"id": channel.id, "name": channel.name},
        "state": {"values": {}},
        "response_url": hook_url(team, person, channel, message.ts),
        "actions": [action],
    }


def press_in_view(team: Team, person: Person, view: View, action: Json, values: Json) -> Json:
    """A press of something in a modal or the Home tab."""
    return {
        **_about("block_actions", team, person, view.id),
        "container": {"type": "view", "view_id": view.id},
        "view": _view(view, values),
        "state": {"values": values},
        "actions": [action],
    }


def submission(team: Team, person: Person, view: View, values: Json) -> Json:
    """A form handed in."""
    about = _about("view_submission", team, person, view.id)
    return {**about, "view": _view(view, values), "response_urls": []}


def closed(team: Team, person: Person, view: View, *, cleared: bool) -> Json:
    """A form closed without handing it in."""
    return {**_about("view_closed", team, person), "view": _view(view, {}), "is_cleared": cleared}


def event(team: Team, fields: Json) -> Json:
    """An event of the Events API."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "api_app_id": APP_ID,
        "type": "event_callback",
        "event": fields,
        "event_id": f"Ev{team.new_hash()}",
        "event_time": int(float(team.new_ts())),
        "authorizations": [],
    }


def entered(element: Json, given: Any) -> Json:
    """The state of one element: what a person chose, or what it began with when they chose nothing."""
    key = CHOSEN.get(element["type"], "value")
    if given is None:
        empty: Any = [] if key in ("selected_options", "selected_users", "files") else None
        return {"type": element["type"], key: element.get(INITIAL.get(key, ""), empty)}
    if key == "selected_option":
        given = option(element, given)
    elif key == "selected_options":
        given = [option(element, one) for one in given]
    return {"type": element["type"], key: given}


def option(element: Json, value: str) -> Json:
    """The option of a value.

    Raises ValueError when the element does not offer it.
    """
    offered = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        offered += group["options"]
    for one in offered:
        if one.get("value") == value:
            return dict(one)
    raise ValueError(f"{element['type']} {element.get('action_id', '')} offers no option {value!r}")


def hook_url(team: Team, person: Person, channel: Channel, message_ts: str | None) -> str:
    """A response URL, good for five uses in 30 minutes."""
    return f"{team.address}/hooks/{team.passes.hook(person.id, channel.id, message_ts)}"


def _about(kind: str, team: Team, person: Person, view_id: str | None = None) -> Json:
    return {
        "type": kind,
        "user": {"id": person.id, "username": _handle(person), "name": _handle(person), "team_id": TEAM},
        "api_app_id": APP_ID,
        "token": "verification",
        "team": {"id": TEAM, "domain": DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": team.passes.trigger(person.id, view_id),
    }


def _view(view: View, values: Json) -> Json:
    return view.as_slack(values) | {"team_id": TEAM, "app_id": APP_ID, "bot_id": BOT_ID}


def _handle(person: Person) -> str:
    return person.name.lower().replace(" ", ".")

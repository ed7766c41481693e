"""The payloads of commands, button presses, forms and events, in Slack's format."""

from __future__ import annotations

import re
from typing import Any

from bot.rehearsal.workspace.slack_objects import TEAM, Channel, Json, Message, Person, View
from bot.rehearsal.workspace.workspace_state import APP_ID, BOT_ID, DOMAIN, WorkspaceState

# element type -> the field of its state that holds the value; "value" for all others
VALUE_FIELDS = {
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
# field of the state -> the element's field with the initial value
INITIAL_FIELDS = {
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


def slash_command(state: WorkspaceState, person: Person, channel: Channel, name: str, text: str) -> Json:
    """A slash command. In a Slack Connect channel its team is that of the person, who may be of another workspace."""
    return {
        "token": "verification",
        "team_id": person.team,
        "team_domain": _domain(person.team),
        **_organization(state, person),
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": person.id,
        "user_name": _handle(person),
        "command": name,
        "text": _escaped(state, text),
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": new_response_url(state, person, channel, None),
        "trigger_id": state.tokens.new_trigger(person.id),
    }


def message_action(state: WorkspaceState, person: Person, message: Message, action: Json) -> Json:
    """A press of a button, or a choice from a menu, in a message."""
    channel = state.channels[message.channel]
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.only_for),
    }
    container |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
    shown = {} if message.only_for else {"message": message.as_slack() | {"app_id": APP_ID, "bot_id": BOT_ID}}
    return {
        **_common_fields("block_actions", state, person),
        **shown,
        "container": container,
        "channel": {"id": channel.id, "name": channel.name},
        "state": {"values": {}},
        "response_url": new_response_url(state, person, channel, message.ts),
        "actions": [action],
    }


def message_shortcut(state: WorkspaceState, person: Person, message: Message, callback: str) -> Json:
    """A message shortcut, from the menu of a message."""
    channel = state.channels[message.channel]
    own = {"app_id": APP_ID} if message.bot_id == BOT_ID else {}
    return {
        **_common_fields("message_action", state, person),
        "callback_id": callback,
        "action_ts": state.new_ts(),
        "channel": {"id": channel.id, "name": channel.name},
        "message_ts": message.ts,
        "message": message.as_slack() | own,
        "response_url": new_response_url(state, person, channel, message.ts),
    }


def view_action(state: WorkspaceState, person: Person, view: View, action: Json, values: Json) -> Json:
    """A press of a button, or a choice from a menu, in a modal or the Home tab."""
    return {
        **_common_fields("block_actions", state, person, view.id),
        "container": {"type": "view", "view_id": view.id},
        "view": _view(view, values),
        "state": {"values": values},
        "actions": [action],
    }


def view_submission(state: WorkspaceState, person: Person, view: View, values: Json) -> Json:
    """A submitted form."""
    common = _common_fields("view_submission", state, person, view.id)
    return {**common, "view": _view(view, values), "response_urls": []}


def view_closed(state: WorkspaceState, person: Person, view: View, *, cleared: bool) -> Json:
    """A form that was closed without submitting it."""
    return {**_common_fields("view_closed", state, person), "view": _view(view, {}), "is_cleared": cleared}


def event_callback(state: WorkspaceState, fields: Json) -> Json:
    """An event of the Events API."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "api_app_id": APP_ID,
        "type": "event_callback",
        "event": fields,
        "event_id": f"Ev{state.new_hash()}",
        "event_time": int(float(state.new_ts())),
        "is_ext_shared_channel": _is_shared(state, fields),
        "authorizations": [],
    }


def element_state(element: Json, value: Any) -> Json:
    """The state of one element with the value that a person chose, or with its initial value for None."""
    key = VALUE_FIELDS.get(element["type"], "value")
    if value is None:
        empty: Any = [] if key in ("selected_options", "selected_users", "files") else None
        return {"type": element["type"], key: element.get(INITIAL_FIELDS.get(key, ""), empty)}
    if key == "selected_option":
        value = option_of(element, value)
    elif key == "selected_options":
        value = [option_of(element, one) for one in value]
    return {"type": element["type"], key: value}


def option_of(element: Json, value: str) -> Json:
    """The option of an element that has this value. Raises ValueError when there is none."""
    offered = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        offered += group["options"]
    for option in offered:
        if option.get("value") == value:
            return dict(option)
    raise ValueError(f"{element['type']} {element.get('action_id', '')} offers no option {value!r}")


def new_response_url(state: WorkspaceState, person: Person, channel: Channel, message_ts: str | None) -> str:
    """A new response URL, valid for five uses in 30 minutes."""
    return f"{state.address}/hooks/{state.tokens.new_response_url(person.id, channel.id, message_ts)}"


def _common_fields(kind: str, state: WorkspaceState, person: Person, view_id: str | None = None) -> Json:
    organization = _enterprise(state, person)
    return {
        "type": kind,
        "user": {"id": person.id, "username": _handle(person), "name": _handle(person), "team_id": person.team},
        "api_app_id": APP_ID,
        "token": "verification",
        "team": {"id": person.team, "domain": _domain(person.team), **_organization(state, person)},
        "enterprise": {"id": organization, "name": "the organization"} if organization else None,
        "is_enterprise_install": False,
        "trigger_id": state.tokens.new_trigger(person.id, view_id),
    }


def _view(view: View, values: Json) -> Json:
    ids = {"team_id": TEAM, "app_installed_team_id": TEAM, "app_id": APP_ID, "bot_id": BOT_ID}
    return view.as_slack(values) | ids


def _enterprise(state: WorkspaceState, person: Person) -> str:
    """The Enterprise Grid organization of a payload: the person's, which in the own workspace is the workspace's."""
    return state.enterprise if person.team == TEAM else person.enterprise


def _organization(state: WorkspaceState, person: Person) -> Json:
    organization = _enterprise(state, person)
    return {"enterprise_id": organization, "enterprise_name": "the organization"} if organization else {}


def _domain(team: str) -> str:
    return DOMAIN if team == TEAM else team.lower()


def _is_shared(state: WorkspaceState, fields: Json) -> bool:
    channel = state.channels.get(str(fields.get("channel", "")))
    return bool(channel and state.shared_with(channel))


def _escaped(state: WorkspaceState, text: str) -> str:
    """A command's text as Slack sends it with `should_escape: true`: `@nok` as `<@U01STARTER|nok>`."""
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for person in sorted(state.people.values(), key=lambda one: len(one.name), reverse=True):
        handle = _handle(person)
        names = "|".join(re.escape(name) for name in (handle, person.name))
        shown = re.sub(rf"(?<![\w|<])@(?:{names})(?![\w.])", f"<@{person.id}|{handle}>", shown, flags=re.IGNORECASE)
    return shown


def _handle(person: Person) -> str:
    return person.name.lower().replace(" ", ".")

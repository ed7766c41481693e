"""Messages and modals as forms: what a press sends, and what a bot's answer does."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from bot.rehearsal.workspace.api.views import push_view, replace_view, validated_view
from bot.rehearsal.workspace.method_registry import SlackError
from bot.rehearsal.workspace.payloads import element_state, option_of
from bot.rehearsal.workspace.slack_objects import Json, View
from bot.rehearsal.workspace.workspace_state import WorkspaceState

REQUIRED = "Please complete this required field."  # Slack's own words


def action_of(blocks: list[Json], action_id: str, value: str | None) -> Json:
    """What a press of an element sends; `value` chooses among several of one id, or an option of a menu.

    Raises ValueError when there is no such element, with the ids that there are.
    """
    actions = [(block["block_id"], one) for block in blocks for one in _elements(block) if "action_id" in one]
    matches = [(block, element) for block, element in actions if element["action_id"] == action_id]
    if len(matches) > 1 and value is not None:
        matches = [(block, element) for block, element in matches if element.get("value") == value]
    if not matches:
        names = ", ".join(sorted({element["action_id"] for _, element in actions})) or "none"
        raise ValueError(f"there is nothing to press with the action_id {action_id}; there is: {names}")
    block_id, element = matches[0]
    action: Json = {"action_id": action_id, "block_id": block_id, "type": element["type"]}
    action["action_ts"] = f"{time.time():.6f}"
    if element["type"] == "button":
        return action | {key: element[key] for key in ("text", "value", "style", "confirm") if key in element}
    if element["type"] == "overflow":
        return action | {"selected_option": option_of(element, str(value))}
    return action | element_state(element, value)


def form_state(blocks: list[Json], values: dict[str, dict[str, Any]]) -> Json:
    """The state of all fields of a view, as view_submission has it.

    Raises ValueError for a value whose field is not there.
    """
    fields: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in _elements(block):
            if element["type"] not in ("button", "overflow", "image", "mrkdwn", "plain_text"):
                fields.setdefault(block["block_id"], {})[element["action_id"]] = element
    for block_id, given in values.items():
        if unknown := [name for name in given if name not in fields.get(block_id, {})]:
            raise ValueError(f"the view has no field {unknown[0]} in a block {block_id}; its blocks are {list(fields)}")
    return {
        block_id: {
            name: element_state(element, values.get(block_id, {}).get(name)) for name, element in elements.items()
        }
        for block_id, elements in fields.items()
    }


def field_errors(blocks: list[Json], fields: Json) -> dict[str, str]:
    """The errors that Slack itself shows before it sends a form: empty fields, texts too short or too long."""
    errors = {}
    for block in blocks:
        if block["type"] == "input":
            (state,) = fields[block["block_id"]].values()
            value = next((state[key] for key in state if key != "type"), None)
            if error := _field_error(block, value):
                errors[block["block_id"]] = error
    return errors


def input_ids(blocks: list[Json]) -> set[str]:
    """The block ids of a view's input blocks. Only they can have errors."""
    return {block["block_id"] for block in blocks if block["type"] == "input"}


def apply_response(state: WorkspaceState, view: View, ack: Json) -> None:
    """Do what the bot answered to a form: replace it, open another on top, close all, or close this one.

    Raises SlackError when Slack would refuse the answer.
    """
    response = ack.get("response_action")
    if response == "update":
        replace_view(state, view, validated_view(ack["view"]))
    elif response == "push":
        push_view(state, view.person, validated_view(ack["view"]))
        state.notify_change()
    elif response in (None, "clear"):
        close_views(state, view, every=response == "clear")
    else:
        raise SlackError("invalid_response_action")


def close_views(state: WorkspaceState, view: View, *, every: bool) -> None:
    """Close a person's top view, or all of them."""
    stack = state.view_stacks[view.person]
    if every:
        stack.clear()
    elif view in stack:
        stack.remove(view)
    state.notify_change()


def _field_error(block: Json, value: Any) -> str:
    element = block["element"]
    if value in (None, "", []):
        return "" if block.get("optional") else REQUIRED
    if element["type"] != "plain_text_input":
        return ""
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < shortest:
        return f"Must be at least {shortest} characters."
    return f"Must be at most {longest} characters." if len(value) > longest else ""


def _elements(block: Json) -> Iterable[Json]:
    yield from block.get("elements", []) if block["type"] == "actions" else []
    for key in ("accessory", "element"):
        if key in block:
            yield block[key]

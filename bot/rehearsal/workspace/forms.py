"""What is filled in, left out, pressed and closed in messages and modals."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from bot.rehearsal.workspace.api.views import change, checked_view, push
from bot.rehearsal.workspace.methods import SlackError
from bot.rehearsal.workspace.payloads import entered, option
from bot.rehearsal.workspace.records import Json, View
from bot.rehearsal.workspace.team import Team

REQUIRED = "Please complete this required field."


def action(blocks: list[Json], action_id: str, value: str | None) -> Json:
    """What a press of an element sends; `value` chooses among several of one id, or an option of a menu.

    Raises ValueError when the element is not there, naming those that are.
    """
    there = [(block["block_id"], element) for block in blocks for element in _elements(block) if "action_id" in element]
    fitting = [(block, element) for block, element in there if element["action_id"] == action_id]
    if len(fitting) > 1 and value is not None:
        fitting = [(block, element) for block, element in fitting if element.get("value") == value]
    if not fitting:
        names = ", ".join(sorted({element["action_id"] for _, element in there})) or "none"
        raise ValueError(f"there is nothing to press with the action_id {action_id}; there is: {names}")
    block_id, element = fitting[0]
    sent: Json = {"action_id": action_id, "block_id": block_id, "type": element["type"]}
    sent["action_ts"] = f"{time.time():.6f}"
    if element["type"] == "button":
        kept = {key: element[key] for key in ("text", "value", "style", "confirm") if key in element}
        return sent | kept
    if element["type"] == "overflow":
        return sent | {"selected_option": option(element, str(value))}
    return sent | entered(element, value)


def state(blocks: list[Json], values: dict[str, dict[str, Any]]) -> Json:
    """The state of all fields of a view, as view_submission holds it.

    Raises ValueError for a value of a field that is not there.
    """
    fields: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in _elements(block):
            if element["type"] not in ("button", "overflow", "image", "mrkdwn", "plain_text"):
                fields.setdefault(block["block_id"], {})[element["action_id"]] = element
    for block_id, given in values.items():
        if strange := [name for name in given if name not in fields.get(block_id, {})]:
            raise ValueError(f"the view has no field {strange[0]} in a block {block_id}; its blocks are {list(fields)}")
    return {
        block_id: {name: entered(element, values.get(block_id, {}).get(name)) for name, element in elements.items()}
        for block_id, elements in fields.items()
    }


def missing(blocks: list[Json], filled: Json) -> dict[str, str]:
    """What Slack itself objects to before it sends a form: fields left empty, texts too short or too long."""
    wrong = {}
    for block in blocks:
        if block["type"] == "input":
            (answer,) = filled[block["block_id"]].values()
            value = next((answer[key] for key in answer if key != "type"), None)
            if sentence := _objection(block, value):
                wrong[block["block_id"]] = sentence
    return wrong


def _objection(block: Json, value: Any) -> str:
    element = block["element"]
    if value in (None, "", []):
        return "" if block.get("optional") else REQUIRED
    if element["type"] != "plain_text_input":
        return ""
    if len(value) < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters."
    return (
        f"Must be at most {element['max_length']} characters." if len(value) > element.get("max_length", 3000) else ""
    )


def input_ids(blocks: list[Json]) -> set[str]:
    """The block ids of a view's input blocks, the only places for errors."""
    return {block["block_id"] for block in blocks if block["type"] == "input"}


def carry_out(team: Team, view: View, ack: Json) -> None:
    """Do what the bot answered to a form: show another view, clear all, or simply close this one.

    Raises SlackError when Slack would not take the answer.
    """
    wanted = ack.get("response_action")
    if wanted == "update":
        change(team, view, checked_view(ack["view"]))
    elif wanted == "push":
        push(team, view.person, checked_view(ack["view"]))
        team.changed()
    elif wanted in (None, "clear"):
        close(team, view, every=wanted == "clear")
    else:
        raise SlackError("invalid_response_action")


def close(team: Team, view: View, *, every: bool) -> None:
    """Close a person's top view, or all of them."""
    stack = team.stacks[view.person]
    if every:
        stack.clear()
    elif view in stack:
        stack.remove(view)
    team.changed()


def _elements(block: Json) -> Iterable[Json]:
    yield from block.get("elements", []) if block["type"] == "actions" else []
    for key in ("accessory", "element"):
        if key in block:
            yield block[key]

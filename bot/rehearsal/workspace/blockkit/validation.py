"""Validates blocks and views, and reports errors in Slack's words, each with its json-pointer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.rehearsal.workspace.blockkit.blocks import Home, MessageBlocks, Modal

# characters
MOST_CHARACTERS = 13_200
MOST_MARKDOWN = 12_000
MOST_TABLE = 10_000
MOST_VIEW_BYTES = 250_000
Json = Any
# pydantic's error type -> Slack's message
MESSAGES = {
    "string_too_long": "must be less than {over} characters",
    "string_too_short": "must be more than {under} characters",
    "too_long": "no more than {max_length} items allowed",
    "too_short": "no less than {min_length} items allowed",
    "extra_forbidden": "invalid additional property: {key}",
    "missing": "missing required field: {key}",
    "union_tag_invalid": "unsupported type: {tag}",
    "string_type": "must provide a string",
    "literal_error": "must be a valid enum value",
    "model_type": "must provide an object",
    "dict_type": "must provide an object",
    "model_attributes_type": "must provide an object",
    "union_tag_not_found": "must provide an object",
    "list_type": "must provide an array",
}


def block_errors(blocks: Json) -> list[str]:
    """The errors of a message's blocks, in Slack's words; [] when they are valid."""
    if errors := _model_errors(MessageBlocks, {"blocks": blocks}):
        return errors
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MOST_MARKDOWN:
        return [f"must be less than {MOST_MARKDOWN + 1} characters over all markdown blocks [json-pointer:/blocks]"]
    return list(_structure_errors(blocks))


def view_errors(view: Json) -> list[str]:
    """The errors of a modal or a Home tab, in Slack's words; [] when it is valid."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return ["must be a modal or a home view [json-pointer:/view/type]"]
    if len(json.dumps(view)) > MOST_VIEW_BYTES:
        return ["must be less than 250 kB [json-pointer:/view]"]
    model: type[BaseModel] = Modal if view["type"] == "modal" else Home
    if errors := _model_errors(model, view, root="/view"):
        return errors
    has_inputs = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_inputs and "submit" not in view:
        return ["missing required field: submit [json-pointer:/view] (a modal with input blocks needs one)"]
    return list(_structure_errors(view["blocks"], root="/view"))


def count_characters(blocks: list[dict[str, Json]]) -> int:
    """The number of characters that people read in these blocks."""
    return sum(len(text) for text in _texts(blocks))


def too_many_tables(blocks: list[dict[str, Json]]) -> bool:
    """Whether a message has more than one table, or one with more than 10,000 characters."""
    tables = [block for block in blocks if block["type"] == "table"]
    return len(tables) > 1 or count_characters(tables) > MOST_TABLE


def _texts(value: Json) -> Iterable[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "text" and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)


def _model_errors(model: type[BaseModel], value: Json, root: str = "") -> list[str]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return [line for details in error.errors() for line in _error_lines(details, value, root)]
    return []


def _error_lines(details: ErrorDetails, value: Json, root: str) -> Iterable[str]:
    keys = _real_keys(details["loc"], value)
    kind, parent = details["type"], keys[:-1]
    in_text = len(parent) > 1 and parent[-1] in ("text", "accessory")
    if in_text and kind != "missing":
        yield f"failed to match all allowed schemas {_pointer(parent, root)}"
    if kind in ("missing", "extra_forbidden"):
        yield f"{_message(details, keys)} {_pointer(parent, root)}"
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        yield f"{_message(details, keys)} {_pointer([*keys, 'type'], root)}"
    else:
        yield f"{_message(details, keys)} {_pointer(keys, root)}"


def _real_keys(loc: tuple[int | str, ...], value: Json) -> list[int | str]:
    """The location of an error without pydantic's model names: only keys that exist in the value, and the last one."""
    keys: list[int | str] = []
    for place, key in enumerate(loc):
        if isinstance(value, dict) and key in value:
            value = value[str(key)]
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        elif place < len(loc) - 1 or (isinstance(value, dict) and value.get("type") == key):
            continue
        keys.append(key)
    return keys


def _message(details: ErrorDetails, keys: list[int | str]) -> str:
    """Slack's message for one error; pydantic's where Slack's is not known."""
    if details["type"] == "literal_error" and details["input"] is None:
        return MESSAGES["string_type"]
    context = details.get("ctx", {})
    bounds = {"over": context.get("max_length", 0) + 1, "under": context.get("min_length", 0) - 1}
    template = MESSAGES.get(details["type"], details["msg"].replace("{", "{{").replace("}", "}}"))
    return template.format_map({**context, **bounds, "key": keys[-1] if keys else ""})


def _pointer(keys: list[int | str], root: str) -> str:
    return f"[json-pointer:{root}/{'/'.join(str(key) for key in keys)}]".replace("/]", "]")


def _structure_errors(blocks: list[dict[str, Json]], root: str = "") -> Iterable[str]:
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        pointer = f"[json-pointer:{root}/blocks/{number}"
        if block["type"] == "section" and not (block.get("text") or block.get("fields")):
            yield f"missing required field: text {pointer}]"
        if block["type"] == "image" and bool(block.get("image_url")) == bool(block.get("slack_file")):
            yield f"must have either `image_url` or `slack_file` {pointer}]"
        name = block.get("block_id")
        if name and name in seen:
            yield f'`block_id` "{name}" already exists {pointer}/block_id]'
        seen.add(name or "")
        yield from _duplicate_actions(block, pointer)


def _duplicate_actions(block: dict[str, Json], pointer: str) -> Iterable[str]:
    seen: set[str] = set()
    for number, element in enumerate(block.get("elements", [])):
        name = element.get("action_id")
        if name and name in seen:
            yield f'`action_id` "{name}" already exists {pointer}/elements/{number}/action_id]'
        seen.add(name or "")

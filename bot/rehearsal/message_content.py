"""What a person finds in a message of the bot: text, buttons, mentions, form fields."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.rehearsal.workspace import Message, Workspace

Blocks = list[dict[str, Any]]


def content(message: Message) -> str:
    """The blocks of a message as JSON, and its text."""
    return json.dumps(message.blocks, ensure_ascii=False) + message.text


def channel_contents(workspace: Workspace) -> list[str]:
    """The content of every message in the channel and its threads."""
    return [content(message) for message in workspace.messages()]


def mentions(text: str) -> list[str]:
    """The ids of the people whom a text mentions, in its order."""
    return re.findall(r"<@(\w+)>", text)


def action_ids(blocks: Blocks) -> set[str]:
    """The action ids of the buttons in a message."""
    return {element["action_id"] for block in blocks for element in block.get("elements", []) if "action_id" in element}


def filled_form(blocks: Blocks, text: str) -> dict[str, dict[str, str]]:
    """The values of a form: the text in each field without an initial option; a choice keeps its initial option."""
    fields = (block for block in blocks if block["type"] == "input" and "initial_option" not in block["element"])
    return {block["block_id"]: {block["element"]["action_id"]: text} for block in fields}

"""Hostile and extreme texts for views, and the SDK's own checks of blocks."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

HOSTILE = "<!channel> <!here> <@U0EVIL> @channel <https://evil.example|safe> &amp; & *b* _i_ ~s~ `c` ``` > q"
TEXTS = {
    "plain": "Run Forward Migration",
    "hostile": HOSTILE,
    "long": "word " * 900,
    "one long word": "x" * 9000,
    "all ampersands": "&<>" * 3000,
    "Thai": "ย้ายฐานข้อมูล" * 400,
    "emoji": "🚀👩‍👩‍👧‍👦" * 800,
    "controls": "\x1b[31mred\x1b[0m\x00\x07 \u202eback",
    "lines": "a\n" * 3000,
}


def wrong_for_the_sdk(blocks: list[dict[str, Any]]) -> list[str]:
    """What Slack's SDK says is wrong with blocks, and with everything nested in them."""
    problems = []
    for given in blocks:
        block = Block.parse(given)
        if block is None:
            problems.append(f"no such block: {given}")
            continue
        try:
            block.validate_json()
            block.to_dict()
        except SlackObjectFormationError as error:
            problems.append(f"{error}: {given}")
    return problems

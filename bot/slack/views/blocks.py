"""Block Kit in small pieces: every length is within Slack's limits by construction, and every block gets an id of its content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from bot.text import clip, fallback, plain

Block = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A long output or a picture that goes into the thread as a file; `alt` is what a picture shows, in words."""

    name: str
    title: str
    content: str | bytes
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message: `text` for notifications, `blocks` for the screen; `broadcast` shows it in the channel besides the thread."""

    text: str
    blocks: list[Block]
    broadcast: bool = False
    upload: Upload | None = None


def message(text: str, blocks: list[Block | None], *, broadcast: bool = False, upload: Upload | None = None) -> Message:
    """A message of the blocks that are not None. Its block ids change with its content, so that clients redraw all of it."""
    kept = [block for block in blocks if block]
    digest = hashlib.sha256(json.dumps([text, kept]).encode()).hexdigest()[:10]
    named = [{**block, "block_id": f"{number}-{digest}"} for number, block in enumerate(kept)]
    return Message(text=fallback(text), blocks=named, broadcast=broadcast, upload=upload)


def header(text: str) -> Block:
    """A headline."""
    return {"type": "header", "text": {"type": "plain_text", "text": plain(text, 150), "emoji": True}}


def section(text: str) -> Block | None:
    """A paragraph of mrkdwn, at most 3,000 long; None for an empty one. Nothing in it is turned into links or mentions."""
    if not text.strip():
        return None
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(text, 2900), "verbatim": True}}


def context(text: str) -> Block | None:
    """A small grey line; None for an empty one."""
    if not text.strip():
        return None
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": clip(text, 1500), "verbatim": True}]}


def actions(*buttons: Block | None) -> Block | None:
    """A row of buttons, the decisive one first; None when there are none."""
    kept = [button for button in buttons if button]
    return {"type": "actions", "elements": kept} if kept else None


def button(action: str, label: str, value: str, *, style: str = "", confirm: Block | None = None) -> Block:
    """A button; labels may be cut near 30 characters on phones."""
    made: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": plain(label, 30), "emoji": True},
        "value": clip(value, 2000),
    }
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    return made


def confirm(title: str, text: str, yes: str, no: str = "No, leave it", *, style: str = "primary") -> Block:
    """The question a button asks before it acts; `text` names the consequence."""
    return {
        "title": {"type": "plain_text", "text": plain(title, 100)},
        "text": {"type": "plain_text", "text": plain(text, 300)},
        "confirm": {"type": "plain_text", "text": plain(yes, 30)},
        "deny": {"type": "plain_text", "text": plain(no, 30)},
        "style": style,
    }

"""Block Kit in small pieces, each within Slack's length limits."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from bot.slack.views.push import push_text
from bot.text import clean, clip, plain, utf16_length
from state.frozen import dataclass

Block = dict[str, Any]
SECTION = 2_900  # UTF-16 units of a section's text; Slack takes 3,000


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file for the thread: a long output, a picture or a report. `alt` describes a picture in words."""

    name: str
    title: str
    content: str | bytes
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message: `text` for notifications, `blocks` for the screen. `broadcast` shows it in the channel too."""

    text: str
    blocks: list[Block]
    broadcast: bool = False
    upload: Upload | None = None


def message(
    what: str,
    blocks: list[Block | None],
    *,
    roles: Iterable[str] = (),
    target: str = "",
    broadcast: bool = False,
    upload: Upload | None = None,
) -> Message:
    """A message of the blocks that are not None. Each block id changes with the content, so that clients redraw it.

    `what` is what a phone's notification says, `roles` the titles of those who must act, `target` where it is.
    """
    text = push_text(what, roles=roles, target=target)
    present = [block for block in blocks if block]
    digest = hashlib.sha256(json.dumps([text, present]).encode()).hexdigest()[:10]
    with_ids = [{**block, "block_id": f"{number}-{digest}"} for number, block in enumerate(present)]
    return Message(text=text, blocks=with_ids, broadcast=broadcast, upload=upload)


def header(text: str) -> Block:
    """A headline, at most 150 characters."""
    return {"type": "header", "text": {"type": "plain_text", "text": plain(text, 150), "emoji": True}}


def section(text: str, *, accessory: Block | None = None) -> Block | None:
    """A paragraph of mrkdwn, at most 2,900 characters (Slack allows 3,000); None for an empty text.

    With `verbatim` Slack turns nothing in the text into links or mentions, and with `expand` it folds nothing behind
    “See more”, whatever its height: neither who is asked nor for what. `accessory` is a button beside it.
    """
    if not text.strip():
        return None
    paragraph = {"type": "mrkdwn", "text": clip(text, SECTION), "verbatim": True}
    block: Block = {"type": "section", "text": paragraph, "expand": True}
    return block | ({"accessory": accessory} if accessory else {})


def rich_lines(lines: Sequence[Sequence[Block]]) -> Block | None:
    """Lines of `words`, whose content no mark of mrkdwn can break; None without lines."""
    if not lines:
        return None
    ends: list[Block] = [{"type": "text", "text": "\n"}]
    spans = [span for number, line in enumerate(lines) for span in (*(ends if number else []), *line)]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spans}]}


def words(text: str, limit: int = 300, *, bold: bool = False, strike: bool = False) -> Block:
    """Untrusted words of a rich text, on one line. Slack shows them as they are: nothing in them pings or formats."""
    shown = clip(re.sub(r"\s+", " ", clean(text)), limit)  # a space at an edge keeps two spans apart
    span: Block = {"type": "text", "text": shown or "…"}
    style = {name: True for name, on in (("bold", bold), ("strike", strike)) if on}
    return span | ({"style": style} if style else {})


def context(text: str) -> Block | None:
    """A small grey line of mrkdwn, at most 1,500 characters; None for an empty text."""
    if not text.strip():
        return None
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": clip(text, 1500), "verbatim": True}]}


def actions(*buttons: Block | None) -> Block | None:
    """A row of the buttons that are not None, the most important one first; None for an empty row."""
    present = [button for button in buttons if button]
    return {"type": "actions", "elements": present} if present else None


def button(action: str, label: str, value: str, *, style: str = "", confirm: Block | None = None) -> Block:
    """A button. Labels are cut at 30 characters, as phones do."""
    element: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": plain(label, 30), "emoji": True},
        "value": clip(value, 2000),
    }
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = confirm
    return element


def confirm(title: str, text: str, yes: str, no: str = "Cancel", *, style: str = "primary") -> Block:
    """The question that a button asks before it acts; `text` names the consequence."""
    return {
        "title": {"type": "plain_text", "text": plain(title, 100)},
        "text": {"type": "plain_text", "text": plain(text, 300)},
        "confirm": {"type": "plain_text", "text": plain(yes, 30)},
        "deny": {"type": "plain_text", "text": plain(no, 30)},
        "style": style,
    }


def sections_of(lines: Iterable[str]) -> list[str]:
    """The lines in as few texts as possible, each short enough for a section."""
    return ["".join(lines) for lines in filled(lines, SECTION - 1)]


def filled(lines: Iterable[str], room: int) -> list[list[str]]:
    """The lines, each with its end, in as few groups as possible, each of at most `room` UTF-16 units if it can be."""
    groups: list[list[str]] = [[]]
    left = room
    for line in lines:
        length = utf16_length(line) + 1
        if groups[-1] and length > left:
            groups.append([])
            left = room
        groups[-1].append(f"{line}\n")
        left -= length
    return groups

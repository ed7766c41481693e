"""The note for the report: its form, and its line in the thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.slack.views.blocks import Block, Message, message, section
from bot.slack.views.modals import form, text_field
from bot.slack.views.snapshot import Snapshot
from bot.text import acted, clip, line, with_mentions
from state.events import NoteAdded
from state.facts.base import LONGEST_REASON
from state.records import Event

NOTE = "note_for_report"  # the shortcut in manifest.yml, and the form that it opens
FIELD = "note"


def note_modal(text: str, data: Mapping[str, str], run: str) -> Block:
    """The form with the message's text, to be edited. `data` comes back with it, and `run` says whose report it is."""
    field = text_field(FIELD, LONGEST_REASON, "What should the report say?") | {"multiline": True}
    if text:
        field["initial_value"] = clip(text, LONGEST_REASON)
    label = {"type": "plain_text", "text": "Note"}
    blocks = [
        section(f"It goes into the report of {line(run)}, with your name and the link to the message."),
        {"type": "input", "block_id": FIELD, "label": label, "element": field},
    ]
    return form(NOTE, "Note for the report", "Add the note", json.dumps(data), blocks)


def note_from(state: Mapping[str, Any]) -> str:
    """The note that was typed."""
    return (state["values"][FIELD][FIELD]["value"] or "").strip()


def note_added(_: Snapshot, __: Event, data: NoteAdded) -> Message:
    """A note in one line, with the link to its message."""
    link = f" · <{data.link}|message>" if data.link else ""
    head = f"📝 Note for the report by {acted(data)}: {with_mentions(' '.join(data.summary.split()))}"
    return message(head, [section(f"{head}{link}")])

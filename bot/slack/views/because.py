"""The form that asks why to start all the same, where something speaks against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.slack.views.blocks import Block, section
from bot.slack.views.modals import form
from commands.start.request import StartRequest
from commands.text.foreign_json import read_json

BECAUSE = "because"
_KEPT = ("page", "ref", "notice_minutes", "note")  # of the request, while the form is open


def because_modal(text: str, request: StartRequest, channel: str) -> Block:
    """What speaks against the start, and a field for the reason. `request` comes back with it, `channel` too."""
    field = {"type": "plain_text_input", "action_id": BECAUSE, "multiline": True, "max_length": 500, "min_length": 3}
    label = {"type": "plain_text", "text": "Why start all the same?"}
    asked = {"type": "input", "block_id": BECAUSE, "label": label, "element": field}
    data = {"channel": channel, **{name: getattr(request, name) for name in _KEPT}}
    return form(BECAUSE, "Start all the same?", "Ask a second person", json.dumps(data), [section(text), asked])


def request_with_reason(view: Mapping[str, Any]) -> StartRequest | None:
    """The request of that form, with its reason; None for another form."""
    if view.get("callback_id") != BECAUSE:
        return None
    kept = read_json(view["private_metadata"])
    reason = view["state"]["values"][BECAUSE][BECAUSE]["value"] or ""
    return StartRequest(because=reason.strip(), **{name: kept[name] for name in _KEPT})

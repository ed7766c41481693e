"""The two modals: what to start (with the comparison of the options), and the reason for a refusal, a skip or a word of honour."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.slack.views.blocks import Block, section
from bot.text import bold, clip, line, plain
from commands.runbook import Page
from commands.runbook.page import Option
from commands.signoff.false_alarm import DEFAULT_HOLD, HOLD_LENGTHS
from commands.start.request import StartRequest

START, REASON = "start", "reason"
MINUTES = (0, 5, 10, 15, 30, 60)
ROWS = ("risk", "time", "rollback", "testing", "recommendation")
ASKS = {
    "refuse": ("Refuse to sign", "Refuse", "What is wrong, so that the team knows what to mend?"),
    "done": ("It is done", "It is done", "How do you know that it is done?"),
    "skip": ("Skip this step", "Skip it", "Why may the run go on without it?"),
    "false_alarm": ("Hold: a false alarm", "Hold it", "How do you know that it is false?"),
    "keep_early": ("KEEP before its end", "Ask a second person", "Why need the rest of the watch not be waited for?"),
}


def start_modal(pages: Sequence[Page]) -> Block:
    """What to start: the options side by side, which page, in how many minutes, of what."""
    blocks = [
        *_comparison(pages),
        _page_choice(pages),
        _input("minutes", "Tell the team now, and begin in", _minutes()),
        _input("ref", "Branch, tag or commit", _words("ref", 200, "The page's own: " + pages[0].runbook.ref), True),
        _input("note", "Note for the team", _words("note", 500, "What is in this release?"), True),
    ]
    return _modal(START, "Start a deployment", "Start", "", blocks)


def reason_modal(action: str, value: str) -> Block:
    """Asks for the reason of one of the buttons in `ASKS`; `value` is the button's own."""
    title, submit, label = ASKS[action]
    text = {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": 500, "min_length": 3}
    data = json.dumps({"action": action, "value": value})
    lasts = [_input("lasts", "For how long? Then it counts again.", _lengths())] if action == "false_alarm" else []
    return _modal(REASON, title, submit, data, [_input("reason", label, text), *lasts])


def message_modal(text: str) -> Block:
    """A form's place taken by words: what is being done, or what came of it."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Start a deployment"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [section(text)],
    }


def reason_from(state: Mapping[str, Any]) -> dict[str, str]:
    """What was filled into the reason modal: reason, and for how long where it asks that."""
    values = state["values"]
    lasts = values["lasts"]["lasts"]["selected_option"]["value"] if "lasts" in values else ""
    return {"reason": (values["reason"]["reason"]["value"] or "").strip(), "lasts": lasts}


def request_from(state: Mapping[str, Any]) -> StartRequest:
    """What was filled into the start modal."""
    values = {name: next(iter(fields.values())) for name, fields in state["values"].items()}
    return StartRequest(
        page=values["page"]["selected_option"]["value"],
        notice_minutes=int(values["minutes"]["selected_option"]["value"]),
        ref=(values["ref"].get("value") or "").strip(),
        note=values["note"].get("value") or "",
    )


def _modal(callback: str, title: str, submit: str, data: str, blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": plain(title, 24)},
        "submit": {"type": "plain_text", "text": plain(submit, 24)},
        "close": {"type": "plain_text", "text": "Cancel"},
        "private_metadata": data,
        "blocks": blocks,
    }


def _input(name: str, label: str, element: Block, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": {"type": "plain_text", "text": label},
        "element": element,
        "optional": optional,
    }


def _words(name: str, most: int, placeholder: str) -> Block:
    hint = {"type": "plain_text", "text": plain(placeholder, 150)}
    return {"type": "plain_text_input", "action_id": name, "max_length": most, "placeholder": hint}


def _minutes() -> Block:
    options = [_option("now" if minutes == 0 else f"{minutes} minutes", str(minutes)) for minutes in MINUTES]
    return {"type": "static_select", "action_id": "minutes", "options": options, "initial_option": options[0]}


def _lengths() -> Block:
    options = [_option(words, words) for words in HOLD_LENGTHS]
    usual = next(option for option in options if option["value"] == DEFAULT_HOLD)
    return {"type": "static_select", "action_id": "lasts", "options": options, "initial_option": usual}


def _page_choice(pages: Sequence[Page]) -> Block:
    options = [_option(_name(page), page.name) for page in pages[:10]]
    choice = {"type": "radio_buttons", "action_id": "page", "options": options, "initial_option": options[0]}
    return _input("page", "Which one?", choice)


def _option(text: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": plain(text, 75)}, "value": clip(value, 75)}


def _name(page: Page) -> str:
    return page.runbook.option.name if page.runbook.option else page.title


def _comparison(pages: Sequence[Page]) -> list[Block]:
    """The table of the options: a column each, and when to choose which."""
    options = [page.runbook.option for page in pages if page.runbook.option][:5]
    if len(options) < 2:
        return []
    fields = [{"type": "mrkdwn", "text": _column(option), "verbatim": True} for option in options]
    return [{"type": "section", "fields": fields}]


def _column(option: Option) -> str:
    """One option from its name down to when to choose it; columns stand side by side, or below each other on a phone."""
    rows = [f"{row.capitalize()}: {bold(getattr(option, row), 60)}" for row in ROWS]
    reasons = [f"• {line(reason, 90)}" for reason in option.choose_if[:8]]
    return "\n".join([bold(option.name, 60), *rows, "_Choose it if_", *reasons])

"""The forms: what to start, and the reason for a refusal, a skip or a hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.slack.views.blocks import Block, section
from bot.text import bold, clip, line, plain
from commands.runbook import Page
from commands.runbook.option import Option
from commands.signoff.false_alarm import DEFAULT_HOLD, HOLD_LENGTHS
from commands.start.advice_text import reason_line, why_recommended
from commands.start.reasons import Judged, not_judged
from commands.start.recommendation import Advice
from commands.start.request import StartRequest
from commands.text.phrases import capitalized

START, REASON = "start", "reason"
MINUTES = (0, 5, 10, 15, 30, 60)
DEFAULT_MINUTES = 10  # time to read the announcement, and to object
_IN_A_ROW = 3  # pages below each other; more would push the other fields off a phone's screen
PAGES_OWN = "page"  # the value of the option for a page's own countdown
OPTION_ROWS = ("risk", "time", "rollback", "testing", "recommendation")
# action id -> title, label of the submit button, question
REASONS = {
    "refuse": ("Refuse to sign", "Refuse", "What is wrong? The team needs to know what to fix."),
    "refuse_start": ("Refuse the start", "Refuse", "Why should this not start? The channel reads it."),
    "done": ("I fixed it by hand", "I fixed it by hand", "What did you do, and how did you check it?"),
    "skip": ("Skip this step", "Skip it", "Why is it safe to skip this step?"),
    "override": ("Overrule the refusal", "Overrule it", "Why is it safe to continue although it was refused?"),
    "false_alarm": ("Hold: false alarm", "Hold the alert", "Why is it a false alarm?"),
    "keep_early": ("KEEP before the end", "Ask a second person", "Why is it safe to end the watch now?"),
}


def start_modal(pages: Sequence[Page], channel: str = "", advice: Advice | None = None, frozen: str = "") -> Block:
    """The start form: which page, in how many minutes, which ref, and a note; below them the options compared.

    A phone shows all fields without scrolling. `channel` is where it was asked for. What the `advice` recommends is
    chosen already; without any, nobody has looked up in time what speaks for which. `frozen` says which freezes and
    locks are on.
    """
    advice = advice or Advice()
    recommended = advice.recommended.page if advice.recommended else ""
    default_ref = f"Default: {pages[0].runbook.ref} (from the page)"
    blocks = [
        *filter(None, [section(frozen)]),
        _page_choice(pages, recommended),
        _input("minutes", "Announced now, starts", _minutes(pages)),
        _input("ref", "Branch, tag or commit", text_field("ref", 200, default_ref), optional=True),
        _input("at", "At a later time", text_field("at", 60, "23:00, or tomorrow 23:00"), optional=True),
        _input("note", "Note for the team", text_field("note", 500, "What is in this release?"), optional=True),
        *_comparison(pages, advice),
    ]
    return form(START, "Start a deployment", "Start", json.dumps({"channel": channel}), blocks)


def reason_modal(action: str, value: str, channel: str = "", note: str = "") -> Block:
    """The form that asks for the reason of a button in `REASONS`; `value` is the button's own, `channel` its place.

    `note` says above it what follows.
    """
    title, submit, label = REASONS[action]
    text = {"type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": 500, "min_length": 3}
    data = json.dumps({"action": action, "value": value, "channel": channel})
    lengths = _input("lasts", "For how long? Then the alert counts again.", _lengths())
    notes = [block for block in [section(note)] if block]
    blocks = [*notes, _input("reason", label, text), *([lengths] if action == "false_alarm" else [])]
    return form(REASON, title, submit, data, blocks)


def message_modal(text: str, title: str = "Start a deployment") -> Block:
    """A text in place of a form: what the bot is doing, or the result."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": plain(title, 24)},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [section(text)],
    }


def reason_from(state: Mapping[str, Any]) -> dict[str, str]:
    """The answers of the reason form: the reason, and for how long (empty where the form does not ask)."""
    values = state["values"]
    lasts = values["lasts"]["lasts"]["selected_option"]["value"] if "lasts" in values else ""
    return {"reason": (values["reason"]["reason"]["value"] or "").strip(), "lasts": lasts}


def request_from(state: Mapping[str, Any]) -> StartRequest:
    """The answers of the start form."""
    values = {name: next(iter(fields.values())) for name, fields in state["values"].items()}
    minutes = values["minutes"]["selected_option"]["value"]
    return StartRequest(
        page=values["page"]["selected_option"]["value"],
        notice_minutes=None if minutes == PAGES_OWN else int(minutes),
        ref=(values["ref"].get("value") or "").strip(),
        note=values["note"].get("value") or "",
        at=((values.get("at") or {}).get("value") or "").strip(),
    )


def form(callback: str, title: str, submit: str, data: str, blocks: Sequence[Block | None]) -> Block:
    """A form of the blocks that are not None; `data` comes back with it."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": plain(title, 24)},
        "submit": {"type": "plain_text", "text": plain(submit, 24)},
        "close": {"type": "plain_text", "text": "Cancel"},
        "private_metadata": data,
        "blocks": [block for block in blocks if block],
    }


def _input(name: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": {"type": "plain_text", "text": label},
        "element": element,
        "optional": optional,
    }


def text_field(name: str, limit: int, placeholder: str) -> Block:
    """A field for text of at most `limit` characters."""
    hint = {"type": "plain_text", "text": plain(placeholder, 150)}
    return {"type": "plain_text_input", "action_id": name, "max_length": limit, "placeholder": hint}


def _minutes(pages: Sequence[Page]) -> Block:
    """When to start; first as the page says, where one of the pages has a countdown of its own."""
    options = [_option("now" if minutes == 0 else f"in {minutes} minutes", str(minutes)) for minutes in MINUTES]
    default = options[MINUTES.index(DEFAULT_MINUTES)]
    if any(page.runbook.countdown for page in pages):
        default = _option("when the page says", PAGES_OWN)
        options.insert(0, default)
    return {"type": "static_select", "action_id": "minutes", "options": options, "initial_option": default}


def _lengths() -> Block:
    options = [_option(length, length) for length in HOLD_LENGTHS]
    default = next(option for option in options if option["value"] == DEFAULT_HOLD)
    return {"type": "static_select", "action_id": "lasts", "options": options, "initial_option": default}


def _page_choice(pages: Sequence[Page], recommended: str) -> Block:
    options = [_option(_name(page), page.name) for page in pages[:100]]
    default = next((n for n, page in enumerate(pages[:100]) if page.name == recommended), 0)
    if recommended and pages[default].name == recommended:
        options[default] = _option(f"{clip(_name(pages[default]), 58)} ✔ recommended", recommended)
    kind = "radio_buttons" if len(options) <= _IN_A_ROW else "static_select"
    choice = {"type": kind, "action_id": "page", "options": options, "initial_option": options[default]}
    return _input("page", "Runbook", choice)


def _option(text: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": plain(text, 75)}, "value": clip(value, 75)}


def _name(page: Page) -> str:
    return page.runbook.option.name if page.runbook.option else page.title


def _comparison(pages: Sequence[Page], advice: Advice) -> list[Block]:
    """The options side by side, with the reasons to choose each; nothing where there are fewer than two."""
    compared = [page for page in pages if page.runbook.option][:5]
    if len(compared) < 2:
        return []
    reasons = {one.page: one.reasons for one in advice.options}
    fields = [
        {"type": "mrkdwn", "text": _column(page.runbook.option, reasons.get(page.name)), "verbatim": True}
        for page in compared
        if page.runbook.option
    ]
    return [*filter(None, [section(_recommended(advice))]), {"type": "section", "fields": fields}]


def _recommended(advice: Advice) -> str:
    if not (found := advice.recommended):
        return ""
    why = why_recommended(found)
    return f"✔ *Recommended*: {bold(found.name, 60)}\n{line(f'{capitalized(why)}', 500)}."


def _column(option: Option, reasons: Sequence[Judged] | None) -> str:
    """One option, from its name down to the reasons to choose it. On a phone the columns stack."""
    rows = [f"{row.capitalize()}: {bold(getattr(option, row), 60)}" for row in OPTION_ROWS]
    shown = [line(reason_line(reason), 160) for reason in (reasons or ())[:8]]
    unknown = [line(reason_line(not_judged(reason)), 160) for reason in option.choose_if[:8]]
    return clip("\n".join([bold(option.name, 60), *rows, "Choose it if:", *(shown or unknown)]), 2000)

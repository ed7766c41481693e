"""The rules of Block Kit, each broken once, with the words and the place Slack would answer."""

from __future__ import annotations

from typing import Any

import pytest

from bot.rehearsal.workspace.blockkit.check import characters, wrong_blocks, wrong_view

Json = dict[str, Any]


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def _row(**more: Any) -> Json:
    return {"type": "actions", "elements": [{"type": "button", "text": _plain("Go"), **more}]}


def _confirm(**more: Any) -> Json:
    texts = {"title": _plain("Sure?"), "text": _plain("It acts."), "confirm": _plain("Yes"), "deny": _plain("No")}
    return {**texts, **more}


def _select(**more: Any) -> Json:
    offered = {"text": _plain("a"), "value": "a"}
    element = {"type": "static_select", "action_id": "pick", "options": [offered], **more}
    return {"type": "section", "text": _plain("Pick"), "accessory": element}


@pytest.mark.parametrize(
    ("block", "wrong"),
    [
        (_row(text=_plain("x" * 76)), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
        (_row(style="default"), "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"),
        (
            _row(confirm=_confirm(deny=_plain("x" * 31))),
            "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
        ),
        (
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
            "must be a valid enum value [json-pointer:/blocks/0/text/type]",
        ),
        ({"type": "actions", "elements": []}, "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
        (_select(options=[]), "no less than 1 items allowed [json-pointer:/blocks/0/accessory/options]"),
        (
            _select(initial_option={"text": _plain("b"), "value": "b"}),
            "the initial option must be one of the options [json-pointer:/blocks/0/accessory]",
        ),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]},
            "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
        ),
        ({"type": "alert", "text": _plain("x")}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
    ],
)
def test_a_rule_that_is_broken_is_named_with_its_place(block: Json, wrong: str) -> None:
    assert wrong in wrong_blocks([block])


@pytest.mark.parametrize("block", [_row(), _row(style="danger", confirm=_confirm(style="danger")), _select()])
def test_blocks_within_the_rules_are_taken(block: Json) -> None:
    assert wrong_blocks([block]) == []


def test_two_equal_block_ids_are_refused() -> None:
    (wrong,) = wrong_blocks([{"type": "divider", "block_id": "a"}] * 2)
    assert wrong == '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]'


def test_a_modals_title_is_short() -> None:
    view = {"type": "modal", "title": _plain("x" * 25), "blocks": []}
    assert wrong_view(view) == ["must be less than 25 characters [json-pointer:/view/title/text]"]


def test_all_that_people_read_is_counted() -> None:
    assert characters([_select()]) == len("Pick") + len("a")

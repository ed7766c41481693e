"""The rules of Block Kit: what breaks one is reported in Slack's words, with its place."""

from __future__ import annotations

from typing import Any

import pytest

from bot.rehearsal.workspace.blockkit.validation import block_errors, count_characters, too_many_tables, view_errors

Json = dict[str, Any]


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def _row(**more: Any) -> Json:
    return {"type": "actions", "elements": [{"type": "button", "text": _plain("Go"), **more}]}


def _confirm(**more: Any) -> Json:
    texts = {"title": _plain("Sure?"), "text": _plain("It acts."), "confirm": _plain("Yes"), "deny": _plain("No")}
    return {**texts, **more}


def _option(value: str) -> Json:
    return {"text": _plain(value), "value": value}


def _select(**more: Any) -> Json:
    element = {"type": "static_select", "action_id": "pick", "options": [_option("a")], **more}
    return {"type": "section", "text": _plain("Pick"), "accessory": element}


@pytest.mark.parametrize(
    ("block", "error"),
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
            _select(initial_option=_option("b")),
            "the initial option must be one of the options [json-pointer:/blocks/0/accessory]",
        ),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]},
            "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
        ),
        ({"type": "alert", "text": _plain("x")}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
    ],
)
def test_a_broken_rule_is_reported_with_its_place(block: Json, error: str) -> None:
    assert error in block_errors([block])


@pytest.mark.parametrize("block", [_row(), _row(style="danger", confirm=_confirm(style="danger")), _select()])
def test_valid_blocks_have_no_errors(block: Json) -> None:
    assert block_errors([block]) == []


def test_two_equal_block_ids_are_refused() -> None:
    (error,) = block_errors([{"type": "divider", "block_id": "a"}] * 2)
    assert error == '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]'


@pytest.mark.parametrize(
    ("view", "error"),
    [
        ("x", "must be a modal or a home view [json-pointer:/view/type]"),
        ({"type": "message"}, "must be a modal or a home view [json-pointer:/view/type]"),
        (
            {"type": "modal", "title": _plain("x" * 25), "blocks": []},
            "must be less than 25 characters [json-pointer:/view/title/text]",
        ),
        (
            {"type": "home", "blocks": [], "private_metadata": "x" * 250_000},
            "must be less than 250 kB [json-pointer:/view]",
        ),
        (
            {"type": "home", "blocks": [{"type": "table", "rows": []}]},
            "unsupported type: table [json-pointer:/view/blocks/0/type]",
        ),
    ],
    ids=["no view", "another type", "a long title", "large", "a block for messages"],
)
def test_a_broken_rule_of_a_view_is_reported_with_its_place(view: Json, error: str) -> None:
    assert view_errors(view) == [error]


def test_markdown_blocks_together_are_at_most_12000_characters() -> None:
    block = {"type": "markdown", "text": "x" * 7000}
    assert block_errors([block]) == []
    assert "over all markdown blocks" in block_errors([block, block])[0]


def test_an_image_needs_one_source_and_a_section_needs_text_or_fields() -> None:
    image = {"type": "image", "alt_text": "x", "image_url": "http://x", "slack_file": {"id": "F1"}}
    (both,) = block_errors([image])
    assert both == "must have either `image_url` or `slack_file` [json-pointer:/blocks/0]"
    assert block_errors([{"type": "section", "fields": [_plain("x")]}]) == []


@pytest.mark.parametrize(
    "element",
    [
        {"type": "radio_buttons", "options": [_option("a")], "initial_option": _option("b")},
        {"type": "checkboxes", "options": [_option("a")], "initial_options": [_option("b")]},
        {"type": "multi_static_select", "options": [_option("a")], "initial_options": [_option("b")]},
    ],
    ids=lambda element: str(element["type"]),
)
def test_an_initial_option_must_be_offered(element: Json) -> None:
    block = {"type": "input", "label": _plain("Pick"), "element": element}
    assert "the initial option must be one of the options [json-pointer:/blocks/0/element]" in block_errors([block])


def test_a_menu_has_either_options_or_groups_of_options() -> None:
    group = {"label": _plain("G"), "options": [_option("a")]}
    assert block_errors([_select(options=[_option("a")], option_groups=[group])]) == [
        "must have either `options` or `option_groups` [json-pointer:/blocks/0/accessory]"
    ]


def test_every_text_that_people_read_is_counted() -> None:
    assert count_characters([_select()]) == len("Pick") + len("a")


def test_a_message_has_one_table_of_at_most_10000_characters() -> None:
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 4000}]]}
    large = {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 10_001}]]}
    assert [too_many_tables(blocks) for blocks in ([table], [table, table], [large])] == [False, True, True]

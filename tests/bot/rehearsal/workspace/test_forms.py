"""Forms: what a press sends, the state of fields, errors, and the bot's answers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.rehearsal.workspace import forms
from bot.rehearsal.workspace.method_registry import SlackError
from bot.rehearsal.workspace.server import Workspace
from tests.bot.rehearsal.workspace.bolt_workspace import LEAD, STARTER, modal

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "row", "elements": list(elements)}


def button(action_id: str, value: str) -> Json:
    return {"type": "button", "action_id": action_id, "value": value, "text": plain("Go")}


def text_input(**more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "why", **more.pop("element", {})}
    return {"type": "input", "block_id": "reason", "label": plain("Why?"), "element": element, **more}


def field(value: Any) -> Json:
    return {"reason": {"why": {"type": "plain_text_input", "value": value}}}


def test_a_button_sends_its_own_value_and_of_several_with_one_id_the_value_chooses() -> None:
    blocks = [actions(button("sign", "dba"), button("sign", "lead"))]
    assert forms.action_of(blocks, "sign", None)["value"] == "dba"
    assert forms.action_of(blocks, "sign", "lead")["value"] == "lead"
    with pytest.raises(ValueError, match="action_id sign"):
        forms.action_of(blocks, "sign", "nobody")


def test_a_menu_sends_the_chosen_option() -> None:
    menu = {"type": "static_select", "action_id": "page", "options": [option("a"), option("b")]}
    overflow = {"type": "overflow", "action_id": "more", "options": [option("c"), option("d")]}
    section = {"type": "section", "block_id": "s", "accessory": menu}
    blocks = [section, actions(overflow)]
    assert forms.action_of(blocks, "page", "b")["selected_option"]["value"] == "b"
    assert forms.action_of(blocks, "more", "d")["selected_option"]["value"] == "d"
    with pytest.raises(ValueError, match="overflow more offers no option 'x'"):
        forms.action_of(blocks, "more", "x")
    with pytest.raises(ValueError, match="offers no option"):
        forms.action_of(blocks, "more", None)


def test_a_field_without_a_value_keeps_its_initial_value() -> None:
    blocks = [text_input(element={"initial_value": "as before"})]
    assert forms.form_state(blocks, {}) == field("as before")
    assert forms.form_state(blocks, {"reason": {"why": "new"}}) == field("new")


def test_a_value_of_an_unknown_field_is_named_with_the_blocks_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"no field who in a block reason; its blocks are \['reason'\]"):
        forms.form_state([text_input()], {"reason": {"who": "x"}})


@pytest.mark.parametrize(
    ("block", "value", "error"),
    [
        (text_input(), "", "Please complete this required field."),
        (text_input(), None, "Please complete this required field."),
        (text_input(optional=True), None, None),
        (text_input(element={"min_length": 3}), "ab", "Must be at least 3 characters."),
        (text_input(element={"max_length": 3}), "abcd", "Must be at most 3 characters."),
        (text_input(), "x" * 3001, "Must be at most 3000 characters."),
        (text_input(element={"min_length": 3, "max_length": 3}), "abc", None),
    ],
)
def test_slack_itself_refuses_fields_that_are_empty_too_short_or_too_long(
    block: Json, value: str | None, error: str | None
) -> None:
    assert forms.field_errors([block], field(value)) == ({"reason": error} if error else {})


def test_only_input_blocks_can_have_errors() -> None:
    assert forms.input_ids([text_input(), actions(button("go", "1"))]) == {"reason"}


def opened(count: int) -> Workspace:
    """A workspace in which a person has so many modals open."""
    workspace = Workspace([STARTER, LEAD])
    for _ in range(count):
        stack = workspace.state.view_stacks.setdefault(LEAD.id, [])
        stack.append(workspace.state.new_view(LEAD.id, modal(), stack[-1] if stack else None))
    return workspace


def test_an_empty_answer_closes_the_form_and_clear_closes_all() -> None:
    workspace = opened(3)
    first, second, third = workspace.views(LEAD.id)
    forms.apply_response(workspace.state, third, {})
    assert workspace.views(LEAD.id) == [first, second]
    forms.apply_response(workspace.state, second, {"response_action": "clear"})
    assert workspace.views(LEAD.id) == []


def test_an_update_replaces_the_form_with_a_new_hash_and_without_its_errors() -> None:
    workspace = opened(1)
    (view,) = workspace.views(LEAD.id)
    view.errors, before = {"reason": "No."}, view.hash
    answer = {"response_action": "update", "view": modal(title=plain("Second"))}
    forms.apply_response(workspace.state, view, answer)
    assert (view.view["title"]["text"], view.errors, view.hash != before) == ("Second", {}, True)


def test_a_push_opens_a_form_on_top_and_the_fourth_one_is_refused() -> None:
    workspace = opened(2)
    answer = {"response_action": "push", "view": modal()}
    forms.apply_response(workspace.state, workspace.views(LEAD.id)[-1], answer)
    first, second, third = workspace.views(LEAD.id)
    assert (third.previous, third.root) == (second.id, first.id)
    with pytest.raises(SlackError, match="push_limit_reached"):
        forms.apply_response(workspace.state, third, answer)


def test_an_unknown_answer_is_refused() -> None:
    workspace = opened(1)
    with pytest.raises(SlackError, match="invalid_response_action"):
        forms.apply_response(workspace.state, workspace.views(LEAD.id)[0], {"response_action": "explode"})

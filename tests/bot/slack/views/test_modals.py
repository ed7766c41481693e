"""The forms: every one keeps Slack's limits, and what people fill in comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk.models.views import View

from bot.rehearsal.workspace.blockkit.validation import view_errors
from bot.slack.views.modals import REASONS, message_modal, reason_from, reason_modal, request_from, start_modal
from commands.runbook import Page
from commands.runbook.option import Option, Reason
from commands.start.request import StartRequest
from tests.bot.slack.hostile import TEXTS, wrong_for_the_sdk
from tests.bot.slack.run_writer import PAGE
from tests.bot.slack.views.drawn import texts
from tests.bot.slack.whole_run import page_with
from tests.pages import small


def option_pages(text: str) -> list[Page]:
    """Eight pages that are options, with this text wherever their author may write."""
    option = Option(
        name=text,
        risk=text,
        time=text,
        rollback=text,
        testing=text,
        recommendation=text,
        choose_if=[Reason(says=text)] * 9,
    )
    page = page_with(text)
    runbook = page.runbook.model_copy(update={"option": option})
    return [Page(**{**vars(page), "runbook": runbook, "name": f"{name}.md"}) for name in "abcdefgh"]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_form_is_accepted_by_the_sdk_and_by_slacks_rules(text: str) -> None:
    forms = [start_modal([PAGE]), start_modal(option_pages(text)), message_modal(text)]
    for form in [*forms, *(reason_modal(action, "1:2") for action in REASONS)]:
        assert view_errors(form) == []
        View(**form).validate_json()
        assert wrong_for_the_sdk(form["blocks"]) == []
        assert len(json.dumps(form)) < 250_000
        assert all(text.strip() for text in texts(form["blocks"]))


def test_the_start_form_compares_the_options_of_the_pages() -> None:
    (*_, comparison) = start_modal(option_pages("Fast"))["blocks"]
    column = comparison["fields"][0]["text"].splitlines()
    assert column[:3] == ["*Fast*", "Risk: *Fast*", "Time: *Fast*"]
    assert column[6:8] == ["Choose it if:", "👤 Fast: people must judge"]


def test_a_page_without_options_is_not_compared() -> None:
    form = start_modal([PAGE])
    assert [block["block_id"] for block in form["blocks"]] == ["page", "minutes", "ref", "at", "note"]
    assert form["blocks"][2]["element"]["placeholder"]["text"] == "Default: main (from the page)"


def test_a_start_is_now_or_in_minutes_and_by_itself_in_ten() -> None:
    minutes = start_modal([PAGE])["blocks"][1]["element"]
    assert [option["text"]["text"] for option in minutes["options"]][:2] == ["now", "in 5 minutes"]
    assert minutes["initial_option"]["text"]["text"] == "in 10 minutes", "the team must have time to object"
    assert minutes["initial_option"] in minutes["options"]


def test_every_page_can_be_chosen_and_many_take_one_line() -> None:
    few, many = (start_modal([PAGE] * number)["blocks"][0]["element"] for number in (3, 12))
    assert (few["type"], many["type"]) == ("radio_buttons", "static_select")
    assert len(many["options"]) == 12


def test_where_a_page_has_a_countdown_of_its_own_that_is_the_default() -> None:
    page = small(**{'target = "shop"': 'target = "shop"\ncountdown = "10 min"'})
    minutes = start_modal([PAGE, page])["blocks"][1]["element"]
    assert minutes["initial_option"] == minutes["options"][0]
    assert minutes["options"][0]["text"]["text"] == "when the page says"
    chosen = {"minutes": {"minutes": {"selected_option": minutes["options"][0]}}}
    page_named = {"page": {"page": {"selected_option": {"value": "small.md"}}}}
    rest = {name: {name: {"value": ""}} for name in ("ref", "note")}
    assert request_from({"values": {**page_named, **chosen, **rest}}).notice_minutes is None


def test_the_form_of_an_early_keep_says_what_it_skips() -> None:
    note, reason = reason_modal("keep_early", "1:2", note="⏩ The rest of the watch is skipped")["blocks"]
    assert note["text"]["text"] == "⏩ The rest of the watch is skipped"
    assert reason["block_id"] == "reason"


def test_only_a_false_alarm_asks_for_how_long() -> None:
    fields = {action: [b["block_id"] for b in reason_modal(action, "1:2")["blocks"]] for action in REASONS}
    assert fields.pop("false_alarm") == ["reason", "lasts"]
    assert all(names == ["reason"] for names in fields.values()), fields


def test_the_form_of_a_skip_asks_why_it_is_safe() -> None:
    assert reason_modal("skip", "1:2")["blocks"][0]["label"]["text"] == "Why is it safe to skip this step?"


def test_the_answers_of_the_reason_form_come_back() -> None:
    state: dict[str, Any] = {"values": {"reason": {"reason": {"value": " It is old. "}}}}
    assert reason_from(state) == {"reason": "It is old.", "lasts": ""}
    state["values"]["lasts"] = {"lasts": {"selected_option": {"value": "1 h"}}}
    assert reason_from(state)["lasts"] == "1 h"


def test_the_answers_of_the_start_form_come_back() -> None:
    values = {
        "page": {"page": {"selected_option": {"value": "small.md"}}},
        "minutes": {"minutes": {"selected_option": {"value": "10"}}},
        "ref": {"ref": {"value": " v2 "}},
        "note": {"note": {"value": None}},
    }
    assert request_from({"values": values}) == StartRequest(page="small.md", notice_minutes=10, ref="v2", note="")

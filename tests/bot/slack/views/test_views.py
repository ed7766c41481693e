"""Every view is within Slack's limits, and nobody's words can ping or format, however long or hostile they are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.rehearsal.workspace.blockkit.validation import block_errors, view_errors
from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.modals import ASKS, reason_modal, start_modal
from commands.runbook.page import Option
from state.facts import Choice, StepAnswer
from tests.bot.slack.box import DBA, LEAD, PAGE, STARTER
from tests.bot.slack.story import page_in, snapshots, views

HOSTILE = "<!channel> <!here> <@U0EVIL> @channel <https://evil.example|safe> &amp; & *b* _i_ ~s~ `c` ``` > q"
WORDS = {
    "plain": "Run Forward Migration",
    "hostile": HOSTILE,
    "long": "word " * 900,
    "one long word": "x" * 9000,
    "all ampersands": "&<>" * 3000,
    "Thai": "ย้ายฐานข้อมูล" * 400,
    "emoji": "🚀👩‍👩‍👧‍👦" * 800,
    "controls": "\x1b[31mred\x1b[0m\x00\x07 \u202eback",
    "lines": "a\n" * 3000,
}


@pytest.fixture(params=WORDS, ids=list(WORDS))
def words(request: pytest.FixtureRequest) -> str:
    """Words in which a whole run is told."""
    return WORDS[request.param]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def _sdk(blocks: list[dict[str, Any]]) -> None:
    """The SDK's own checks: of the outer block, and of everything nested through to_dict()."""
    for given in blocks:
        block = Block.parse(given)
        assert block is not None, given
        block.validate_json()
        block.to_dict()


def test_every_message_is_accepted_by_the_sdk_and_by_slacks_rules(tmp_path: Path, words: str) -> None:
    for name, message in views(tmp_path, words).items():
        _sdk(message.blocks)
        assert block_errors(message.blocks) == [], name
        assert all(text.strip() for text in _texts(message.blocks)), f"{name} holds an empty text"
        assert message.text.strip(), name
        assert len(message.text.encode("utf-8", "replace")) < 4000, name
        assert len(json.dumps(message.blocks, ensure_ascii=False).encode("utf-16-le", "replace")) // 2 < 13_000, name
        assert sum(len(text) for text in _texts(message.blocks)) < 10_000, name
        assert len(message.blocks) <= 50, name


def test_nobodys_words_ping_anyone(tmp_path: Path) -> None:
    ours = re.compile(rf"<@(?:{STARTER}|{DBA}|{LEAD})>|<!date\^\d+\^{{time(?:_secs)?}}\|\d\d:\d\d(?::\d\d)?>")
    for name, message in views(tmp_path, HOSTILE).items():
        whole = json.dumps(message.blocks, ensure_ascii=False) + message.text
        assert "<" not in ours.sub("", whole), f"{name}: {ours.sub('', whole)}"


def test_code_blocks_cannot_be_left(tmp_path: Path) -> None:
    for name, message in views(tmp_path, HOSTILE).items():
        for text in _texts(message.blocks):
            assert text.count("```") in {0, 2} or "‹" in text, f"{name}: {text}"


def test_block_ids_change_with_the_content(tmp_path: Path) -> None:
    cards: dict[str, Message] = {n: m for n, m in views(tmp_path, "x").items() if n.startswith("card")}
    ids = [tuple(block["block_id"] for block in message.blocks) for message in cards.values()]
    assert len(set(ids)) == len({json.dumps(message.blocks) for message in cards.values()}), ids


def test_the_card_says_what_happens_first(tmp_path: Path) -> None:
    heads = [card(snapshot).blocks[0]["text"]["text"] for snapshot in snapshots(tmp_path, "x")]
    assert heads == [
        "🙋 shop: waiting for sign-off",
        "🙋 shop: waiting for sign-off",
        "⏸️ shop: ON HOLD",
        "🚀 shop: deploying",
        "❓ shop: a step needs an answer",
        "❓ shop: a step needs an answer",
        "👀 shop: being watched",
        "🚨 shop: ALERT, about to roll back",
        "👀 shop: being watched",
        "🙋 shop: waiting for a second person",
        "🏁 shop: KEEP or ROLLBACK?",
        "⏪ shop: stopping, to roll back",
        "⏪ shop: ROLLING BACK",
        "🙋 shop: rollback waits for people",
        "↩️ shop: ROLLED BACK",
    ]


def test_a_rollback_that_brought_not_all_back_says_so_first(tmp_path: Path) -> None:
    snapshot = list(snapshots(tmp_path, "x"))[-1]
    facts = tuple(
        replace(one, choice=Choice.SKIP) if isinstance(one, StepAnswer) and one.choice is Choice.DONE else one
        for one in snapshot.record.facts
    )
    blocks = card(replace(snapshot, record=replace(snapshot.record, facts=facts))).blocks
    assert blocks[0]["text"]["text"] == "⚠️ shop: ROLLED BACK, but NOT all of it"
    assert "❌ NOT restored: “x” failed: x (skip: x)" in json.dumps(blocks, ensure_ascii=False)


def test_the_card_names_the_step_that_is_over_its_share_of_the_rollbacks_time(tmp_path: Path) -> None:
    snapshot = list(snapshots(tmp_path, "Undo it"))[12]
    late = replace(snapshot, now=snapshot.now + timedelta(minutes=20))
    assert "🐢" not in json.dumps(card(snapshot).blocks, ensure_ascii=False)
    assert "🐢 *Undo it* is 5 min over its share of 15 min" in json.dumps(card(late).blocks, ensure_ascii=False)
    assert card(late, clock=False) == card(snapshot, clock=False), "time alone would have the card redrawn at once"


def test_the_first_button_of_a_card_is_the_way_back_and_an_ended_one_has_none(tmp_path: Path) -> None:
    rows = [
        [e["action_id"] for b in card(snapshot).blocks if b["type"] == "actions" for e in b["elements"]]
        for snapshot in snapshots(tmp_path, "x")
    ]
    assert rows[:11] == [["rollback", "hold"]] * 2 + [["rollback", "resume"]] + [["rollback", "hold"]] * 8
    assert rows[11:] == [[], [], [], []]


def test_the_rollbacks_question_names_the_consequence(tmp_path: Path) -> None:
    turns = list(snapshots(tmp_path, "V2 data is lost."))
    asks = [json.dumps(card(turn).blocks) for turn in (turns[0], turns[4])]
    assert "Nothing was changed in production yet" in asks[0]
    assert "V2 data is lost. It is back within 15 min." in asks[1]


def test_what_a_rollback_loses_now_stands_on_the_card_and_in_the_rollbacks_question(tmp_path: Path) -> None:
    snapshot = list(snapshots(tmp_path, "x"))[6]
    run = replace(snapshot.record.run, rollback_loss="12 jobs made since T+10 min")
    blocks = card(replace(snapshot, record=replace(snapshot.record, run=run))).blocks
    button = next(one for block in blocks if block["type"] == "actions" for one in block["elements"])
    assert button["confirm"]["text"]["text"].startswith("It loses 12 jobs made since T+10 min. ")
    assert "Rolling back now loses *12 jobs made since T+10 min*" in json.dumps(blocks)


def _modals(words: str) -> list[dict[str, Any]]:
    option = Option(
        name=words,
        risk=words,
        time=words,
        rollback=words,
        testing=words,
        recommendation=words,
        choose_if=[words] * 9,
    )
    page = page_in(words)
    runbook = page.runbook.model_copy(update={"option": option})
    optioned = [type(page)(**{**vars(page), "runbook": runbook, "name": f"{n}.md"}) for n in "abcdefgh"]
    return [start_modal([PAGE]), start_modal(optioned), *(reason_modal(action, "1:2") for action in ASKS)]


def test_every_modal_is_accepted_by_the_sdk_and_by_slacks_rules(words: str) -> None:
    for modal in _modals(words):
        assert view_errors(modal) == []
        View(**modal).validate_json()
        _sdk(modal["blocks"])
        assert len(json.dumps(modal)) < 250_000
        assert all(text.strip() for text in _texts(modal["blocks"]))

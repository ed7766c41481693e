"""Pieces of Block Kit: lengths, empty pieces, block ids."""

from __future__ import annotations

from bot.slack.views.blocks import actions, button, confirm, context, header, message, section


def test_an_empty_text_is_no_block() -> None:
    assert section(" \n") is None
    assert context("") is None
    assert actions(None, None) is None


def test_a_message_leaves_out_what_is_none() -> None:
    drawn = message("text", [header("Head"), None, section("Body")])
    assert [block["type"] for block in drawn.blocks] == ["header", "section"]


def test_block_ids_are_unique_and_change_with_the_content() -> None:
    first, second = (message("text", [section("same"), section(text)]) for text in ("a", "b"))
    ids = [block["block_id"] for drawn in (first, second) for block in drawn.blocks]
    assert len(set(ids)) == 4, f"Slack's clients would keep the old block: {ids}"
    assert message("text", [section("same"), section("a")]) == first, "the same content has the same ids"


def test_every_piece_keeps_slacks_length() -> None:
    long = "x" * 9000
    assert len(header(long)["text"]["text"]) <= 150
    assert len((section(long) or {})["text"]["text"]) <= 3000
    assert len((context(long) or {})["elements"][0]["text"]) <= 2000
    pressed = button("roll", long, long, confirm=confirm(long, long, long, long))
    assert len(pressed["text"]["text"]) <= 75
    assert len(pressed["value"]) <= 2000
    lengths = {name: len(pressed["confirm"][name]["text"]) for name in ("title", "text", "confirm", "deny")}
    assert lengths == {"title": 100, "text": 300, "confirm": 30, "deny": 30}


def test_the_question_of_a_button_can_be_cancelled() -> None:
    assert confirm("Hold?", "No new step starts.", "Hold")["deny"]["text"] == "Cancel"


def test_slack_folds_no_paragraph_behind_see_more() -> None:
    """A fold is by height: who is asked, below a long list, would be out of sight on a phone."""
    asked = section("\n".join(f"• item {number}" for number in range(60)))
    assert asked
    assert asked["expand"] is True

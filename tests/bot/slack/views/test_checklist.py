"""A sign-off with a long checklist names every role, and says what it cuts and where it is."""

from __future__ import annotations

import pytest

from bot.rehearsal.workspace.blockkit.validation import MOST_CHARACTERS, block_errors, count_characters
from bot.slack.views.blocks import Message
from bot.slack.views.questions import question
from state.events import Ask, PeopleAsked
from tests.bot.slack.run_writer import DBA, LEAD, PAGE, READY
from tests.bot.slack.views.drawn import event_with, shown, snapshot_with
from tests.pages import row

LINE = PAGE.step(READY).line
TITLES = {"dba": f"⬜ *Database Admin*  <@{DBA}>", "lead": f"⬜ *Tech Lead*  <@{LEAD}>"}


def asked(**items: list[str]) -> Message:
    """The open question to these roles about these items."""
    pairs = tuple((role, text) for role, texts in items.items() for text in texts)
    data = PeopleAsked(ask=Ask.SIGN, step=READY, title="Ready?", roles=tuple(items), items=pairs)
    drawn = question(snapshot_with(row(READY, "done")), event_with(data), data)
    assert block_errors(drawn.blocks) == []
    assert count_characters(drawn.blocks) < MOST_CHARACTERS - 2000, "Slack once refused less than it usually does"
    return drawn


def numbered(number: int, length: int = 200) -> list[str]:
    """Items that can be told apart, each so long."""
    return [f"Item {one}: ".ljust(length - 4, "x") + " END" for one in range(number)]


@pytest.mark.fault("found too late, known before")
def test_thirty_items_of_two_hundred_characters_are_shown_whole() -> None:
    text = shown(asked(dba=numbered(30), lead=["The plan is read"]))
    assert text.count(" END") == 30
    assert f"{TITLES['lead']}\n      • The plan is read\n" in text
    assert "✂️" not in text


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_role_is_named_and_shows_its_items_however_many_the_others_have() -> None:
    text = shown(asked(dba=numbered(90), lead=["The plan is read"]))
    assert all(title in text for title in TITLES.values())
    assert "      • The plan is read" in text
    count = text.count(" END")
    assert count > 25
    assert f"✂️ *{90 - count} of 90 items are not shown*; read the rest in `small.md`, line {LINE}" in text


def test_a_long_item_is_whole() -> None:
    assert shown(asked(dba=numbered(1, 900), lead=["The plan is read"])).count(" END") == 1


def test_an_item_that_is_too_long_says_that_it_is_cut_and_where_the_whole_is() -> None:
    lines = shown(asked(dba=numbered(2, 4000), lead=["The plan is read"])).splitlines()
    assert (
        len([text for text in lines if text.endswith(f"… ✂️ *cut here*; the whole item is in `small.md`, line {LINE}")])
        == 2
    )


@pytest.mark.parametrize("letter", ["&", "🚀", "ก", "_"])
def test_letters_that_slack_counts_more_than_once_fit_as_well(letter: str) -> None:
    text = shown(asked(dba=[letter * 199] * 40, lead=[letter * 3000] * 2))
    assert all(title in text for title in TITLES.values())
    assert text.count("✂️") >= 2

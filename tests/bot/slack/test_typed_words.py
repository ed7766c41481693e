"""Commands as the keyboards of phones write them are understood as they were meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.slack.noted_message import plain_words
from bot.slack.slash_command import asks_help, fact_of, help_text, opens_form, start_of, words_of
from tests.bot.slack.run_writer import GUEST
from tests.bot.slack.slack_box import SlackBox, play


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize(
    "text",
    [
        "rollback\u00a0it is broken",
        "Rollback\nit is broken",
        "rollback\tit is broken",
        "rollback. it is broken",
        "“Rollback” it is broken",
        "\u200brollback it is broken",
        "Roll back it is broken",
        "roll—back it is broken",
        "*rollback* it is broken",
        "\u202eRollback\u202c it is broken",
        "\u2067rollback\u2069 it is broken",
        "roll\u00adback it is broken",
        "rollback\ufe0f it is broken",
        "rollback🔥 it is broken",
        "🔥 rollback it is broken",
        "rollback,it is broken",
        "rollback—it is broken",
        "rollback…it is broken",
        "(rollback) it is broken",
        "_rollback_ it is broken",
        "roll_back it is broken",
        "roll-\nback it is broken",
        "ｒｏｌｌｂａｃｋ　it is broken",
        "＂rollback＂ it is broken",
        "> rollback it is broken",
        "/rollback it is broken",
        "/deploy rollback it is broken",  # copied whole, behind the command that Slack has completed
        "`/deploy rollback` it is broken",
        "gonogo rollback it is broken",
    ],
)
def test_a_rollback_is_understood_whatever_a_keyboard_made_of_it(text: str) -> None:
    assert fact_of(text) == ("rollback", "it is broken")
    assert not asks_help(text)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Hold.", ("hold", "")),
        ("hold。", ("hold", "")),
        ("resume <@U1> is back", ("resume", "<@U1> is back")),
        ("hold\u2028why", ("hold", "why")),
        ("false–alarm known", ("false_alarm", "known")),
        ("False alarm known", ("false_alarm", "known")),
        ("Keep!", ("keep", "")),
        ("hold “it” — really.", ("hold", "“it” — really.")),
        ("hold\u200b 👩\u200d💻 is away", ("hold", "👩\u200d💻 is away")),
    ],
)
def test_other_commands_are_understood_too_and_a_reason_stays_as_it_was_typed(text: str, fact: tuple[str, str]) -> None:
    assert fact_of(text) == fact


@pytest.mark.parametrize(
    "text",
    [
        "roll back?",
        "rollback?",
        "rollback؟",
        "rollback-it",
        "🔥",
        "",
        "roll",
        "back",
        "roll backwards",
        "rolling back",
        "deploy",
        "/deploy",
        "deploy? rollback it",
        "-",
    ],
)
def test_what_is_no_command_stays_none(text: str) -> None:
    assert fact_of(text) == ("", "")
    assert asks_help(text)
    assert not text or help_text(text).startswith("There is no `/deploy ")


@pytest.mark.fault("one text, two readers")
def test_a_start_whose_reason_begins_with_a_capital_keeps_its_time() -> None:
    request = start_of("Start “small\u200b.md”\u00a0‘main’ At 23:00\u00a0Because of a “hot” fix")
    assert request is not None
    assert (request.page, request.ref, request.at) == ("small.md", "main", "23:00")
    assert request.because == "of a “hot” fix"


@pytest.mark.parametrize(
    "text",
    [
        "start small.md “main”, at “23:00” because: it is hot",
        "start small.md main at 23:00 because\u200c it is hot",
        "start small.md main at 23:00—because it is hot",
    ],
)
def test_the_word_because_is_found_whatever_stands_around_it(text: str) -> None:
    request = start_of(text)
    assert request is not None
    assert (request.ref, request.at, request.because) == ("main", "23:00", "it is hot")


@pytest.mark.parametrize("text", ["Start", "start.", " START\n"])
def test_a_start_with_a_capital_opens_the_form_and_begins_nothing(text: str) -> None:
    assert opens_form(text)


def test_a_name_that_slack_made_a_link_of_is_the_name() -> None:
    assert words_of(plain_words("start <http://small.md|small.md> main")) == ("start", "small.md main")
    assert plain_words("<https://shop.example/|shop.example>") == "shop.example"
    assert plain_words("<https://shop.example/a|here>") == "here (https://shop.example/a)"
    assert plain_words("<https://shop.example>") == "https://shop.example"


def test_a_rollback_with_a_space_that_does_not_break_rolls_back(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        await box.workspace.command(GUEST, "/deploy rollback\u00a0it is broken")
        await box.wait_until(lambda: [fact.kind for fact in box.store.record(run.id).facts] == ["rollback"])

    play(tmp_path, story)

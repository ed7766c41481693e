"""The lines of a plan: the page's own words, and the bot's programs as sentences."""

from __future__ import annotations

from commands.steps.plan_line import commands_plan, indented, program_plan, with_programs


def test_the_pages_commands_are_shown_word_for_word_with_their_variables() -> None:
    assert commands_plan("h", "cd x\nmake", {"REF": "<ref>", "KEY": "$KEY"}) == [
        "on h: cd x",
        "on h: make",
        "with REF=<ref>, KEY=$KEY",
    ]
    assert commands_plan("h", "make") == ["on h: make"]


def test_a_program_of_the_bot_is_one_sentence_and_its_list_one_line() -> None:
    assert program_plan("h", "looks around", "ls\npwd", {"TABLES": "a\nb"}) == ["on h: looks around", "with TABLES=a b"]


def test_the_text_of_a_program_stands_below_its_sentence_however_far_that_is_indented() -> None:
    lines = [*indented(program_plan("h", "looks around", "ls\npwd")[0], 2), *indented("one\ntwo", 2)]
    assert lines == ["  on h: looks around", "  one", "  two"]
    assert list(with_programs(lines)) == ["  on h: looks around", "    | ls", "    | pwd", "  one", "  two"]

"""Text for Slack: lengths as Slack counts them, and nothing that pings by accident."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.slack.views.push import push_text
from bot.text import (
    bold,
    clean,
    clip,
    code,
    counted,
    escape,
    event_kind,
    event_title_and_detail,
    first_lines,
    line,
    mention,
    person,
    plain,
    time_of,
    utf16_length,
    with_mentions,
    without_ids,
)
from state.events import EventData, RollbackRequested, StepBegan, StepEnded, UnknownEvent
from tests.growth import assert_linear


def test_a_clipped_emoji_is_never_cut_in_half() -> None:
    assert clip("🚀🚀🚀", 4) == "🚀…"
    assert utf16_length(clip("🚀" * 100, 51)) <= 51


@pytest.mark.parametrize("limit", range(3, 12))
def test_a_cut_never_leaves_half_an_entity(limit: int) -> None:
    kept = escape("<<<<<", limit)
    assert kept.replace("&lt;", "").strip("…") == ""


def test_code_keeps_the_newest_lines() -> None:
    shown = code((f"line {n}" for n in range(1000)), 100)
    assert shown.startswith("```\n…\nline 989")
    assert shown.endswith("line 999\n```")
    assert code(["", "  "]) == ""


def test_terminal_colours_and_control_characters_are_removed() -> None:
    assert escape("\x1b[31mred\x1b[0m\x07 \u202eback") == "red back"


def test_plain_text_is_one_line_and_never_empty() -> None:
    assert plain("a\n <b>", 75) == "a ‹b›"
    assert plain(" ", 75) == "…"


def test_people_groups_and_terminal_users_look_different() -> None:
    assert mention("U01STARTER") == "<@U01STARTER>"
    assert mention("S01DBAS") == "<!subteam^S01DBAS>"
    assert person("<!channel>") == "&lt;!channel&gt;"
    assert person("gonogo") == "the bot"


def test_where_no_mention_shows_the_id_of_a_channel_is_left_out() -> None:
    assert without_ids("Only members of C01DEPLOY may do this.") == "Only members of the channel may do this."


def test_a_refusal_mentions_people_instead_of_their_ids() -> None:
    assert with_mentions("shop has run 1, started by U01STARTER") == "shop has run 1, started by <@U01STARTER>"


def test_a_time_has_a_fallback_in_the_pages_zone() -> None:
    assert time_of(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "Asia/Bangkok").endswith("|19:00>")


def test_untrusted_text_cannot_ping_link_or_leave_its_place() -> None:
    assert line("<!channel> a\n b & c") == "&lt;!channel&gt; a b &amp; c"
    assert escape("```x```") == "'''x'''"
    assert bold("a *b* c") == "*a ∗b∗ c*"


@pytest.mark.parametrize(("text", "shown"), [("", ""), (" ", ""), ("\x00 ", ""), ("\x00 x \x00", "*x*")])
def test_bold_marks_stand_beside_the_text_or_not_at_all(text: str, shown: str) -> None:
    assert bold(text) == shown, "Slack shows other marks raw"


@pytest.mark.parametrize(("number", "text"), [(0, "0 checks"), (1, "1 check"), (2, "2 checks")])
def test_one_thing_is_singular(number: int, text: str) -> None:
    assert counted(number, "check") == text


def test_the_first_lines_say_how_many_more_there_are() -> None:
    assert first_lines(["a\nb", "c"], 3) == ["a", "b", "c"]
    assert first_lines(["a\nb", "c\nd"], 3) == ["a", "b", "… and 2 more lines"]
    assert first_lines(["a\nb\nc"], 2) == ["a", "… and 2 more lines"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (StepBegan(), "step began"),
        (RollbackRequested(), "rollback requested"),
        (UnknownEvent(name="new kind"), "new kind"),
    ],
)
def test_the_kind_of_an_event_is_in_words(data: EventData, kind: str) -> None:
    assert event_kind(data) == kind


def test_an_event_has_a_title_and_the_first_of_its_details() -> None:
    assert event_title_and_detail(StepEnded(title="Deploy", summary="", state="done")) == ("Deploy", "done")
    assert event_title_and_detail(StepEnded(title="Deploy", summary="It is there.")) == ("Deploy", "It is there.")
    assert event_title_and_detail(RollbackRequested(reason="it burns")) == ("", "it burns")


@pytest.mark.parametrize(
    "piece", ["\x1b]", "\x1b[", "\x1b[1;", "\x1b]0;", "<", "&", "```", "\r", "Uabc", "\u202e", "😀"]
)
def test_the_time_to_prepare_a_text_for_slack_grows_with_its_length_and_no_faster(piece: str) -> None:
    for act in (escape, clean, push_text, with_mentions, lambda text: code(text.split("\n"))):
        assert_linear(act, piece)


def test_a_terminal_code_ends_at_either_of_its_ends_and_where_the_next_one_begins() -> None:
    assert (
        escape("\x1b]0;title\x07a \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1b[1;31mred\x1b(B\x1b[m") == "a link red"
    )
    assert escape("\x1b]never \x1b[31mclosed") == "]never closed"


def test_a_word_in_capitals_is_no_mention() -> None:
    assert with_mentions("URGENT, WINTER sale: ask U02DBA in C02DEPLOY") == (
        "URGENT, WINTER sale: ask <@U02DBA> in <#C02DEPLOY>"
    )

"""Text for Slack: lengths as Slack counts them, and mentions only where they are meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.text import clip, code, escape, fallback, mention, person, plain, size, time_of, with_people


def test_a_clipped_emoji_is_never_cut_in_half() -> None:
    assert clip("🚀🚀🚀", 4) == "🚀…"
    assert size(clip("🚀" * 100, 51)) <= 51


@pytest.mark.parametrize("limit", range(3, 12))
def test_a_cut_never_leaves_half_an_entity(limit: int) -> None:
    kept = escape("<<<<<", limit)
    assert kept.replace("&lt;", "").strip("…") == ""


def test_code_keeps_the_newest_lines() -> None:
    shown = code((f"line {n}" for n in range(1000)), 100)
    assert shown.startswith("```\n…\nline 989")
    assert shown.endswith("line 999\n```")
    assert code(["", "  "]) == ""


def test_colours_and_control_characters_are_taken_out() -> None:
    assert escape("\x1b[31mred\x1b[0m\x07 \u202eback") == "red back"


def test_a_fallback_is_counted_in_bytes() -> None:
    assert len(fallback("ย" * 5000).encode()) <= 3000
    assert not fallback("x" * 2990 + "<@U01STARTER> more").endswith("<@U01…")


def test_plain_text_is_one_line_and_never_empty() -> None:
    assert plain("a\n <b>", 75) == "a ‹b›"
    assert plain(" ", 75) == "…"


def test_people_groups_and_names_at_the_terminal_are_told_apart() -> None:
    assert mention("U01STARTER") == "<@U01STARTER>"
    assert mention("S01DBAS") == "<!subteam^S01DBAS>"
    assert person("<!channel>") == "&lt;!channel&gt;"
    assert person("gonogo") == "the bot"


def test_a_refusal_shows_names_for_ids() -> None:
    assert with_people("shop has run 1, started by U01STARTER") == "shop has run 1, started by <@U01STARTER>"


def test_a_time_is_shown_in_the_pages_zone_where_slack_cannot() -> None:
    assert time_of(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "Asia/Bangkok").endswith("|19:00>")

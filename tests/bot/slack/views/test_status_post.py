"""The status post: one line of sum, whom the run waits for, and only what is not well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.slack.views.blocks import Message
from bot.slack.views.status_post import status_post
from commands.progress.step_state import WATCH
from state.events import StatusDue
from state.records import RunState
from tests.bot.slack.run_writer import CHECK, READY
from tests.bot.slack.views.drawn import event_of, event_with, shown, snapshot_with
from tests.bot.slack.whole_run import TURNS, snapshot_at
from tests.pages import row

WATCHING = row(WATCH, "running", after=-15)


def post(snapshot: object, data: StatusDue | None = None) -> Message:
    """The post of this moment."""
    due = data or StatusDue()
    return status_post(snapshot, event_with(due), due)  # type: ignore[arg-type]


def test_it_says_who_the_run_is_waiting_for() -> None:
    drawn = post(snapshot_with(row(READY, "done")))
    text = shown(drawn)
    assert text.splitlines()[0].startswith("📋 *T+")
    assert "🙋 *Waiting for* *Database Admin*, *Tech Lead* to sign *✅ พร้อมไหม (ready?)*" in text
    assert "<@" not in text, "a status post must not call people every 15 minutes"
    assert "late" not in text
    assert drawn.text == "Database Admin, Tech Lead: please sign “✅ พร้อมไหม (ready?)”"


def test_where_all_is_well_it_is_one_line_and_a_button() -> None:
    drawn = post(snapshot_with(WATCHING, row(CHECK, "done", seconds=0.2)))
    (line, button) = shown(drawn).splitlines()
    assert line == "📋 *T+0 s* · 👀 shop: watching · 15 min of 1 h · ✅ 1 check ok"
    assert button == "Show all checks"
    assert event_of(drawn, "checks") == 0
    assert drawn.text == "✅ 1 check ok · T+0 s · shop"


def test_a_check_that_is_not_well_stands_below_with_its_limit_in_rich_text() -> None:
    drawn = post(snapshot_with(WATCHING, replace(row(CHECK, "failed", seconds=7.0), summary="job_time_of_all is 7 s")))
    assert "*❌ 1 bad* of 1 check" in shown(drawn).splitlines()[0]
    (listed,) = (block for block in drawn.blocks if block["type"] == "rich_text")
    spans = listed["elements"][0]["elements"]
    assert spans[1] == {"type": "text", "text": "Response time", "style": {"bold": True}}
    assert "".join(span["text"] for span in spans[2:]).startswith(": job_time_of_all is 7 s (limit: above 5 s")
    assert drawn.text == "❌ 1 bad of 1 check · T+0 s · shop"


def test_during_a_countdown_it_says_what_is_wrong_and_when_it_rolls_back(tmp_path: Path) -> None:
    drawn = post(snapshot_at(tmp_path, "countdown", "API > 5 s"))
    lines = shown(drawn).splitlines()
    wrong = lines.index("🚨 *API &gt; 5 s*")
    assert lines[wrong + 1].startswith("7 s (limit: above 5 s")
    assert lines[wrong + 2].startswith("⏳ *Rolls back at <!date^")
    assert "ALERT, rolls back at " in drawn.text


def test_a_late_one_says_how_late_and_why() -> None:
    assert "⏰ 12 min late: the bot was not running" in shown(post(snapshot_with(), StatusDue(late="12 min")))


@pytest.mark.parametrize("turn", TURNS)
def test_its_first_block_is_the_sum_at_each_turn(tmp_path: Path, turn: str) -> None:
    snapshot = snapshot_at(tmp_path, turn)
    first = post(snapshot).blocks[0]["text"]["text"]
    assert first.startswith("📋 *T+")
    assert snapshot.status.phase in first
    assert "\n" not in first


def test_what_a_rollback_loses_is_on_the_card_and_not_repeated_every_quarter_of_an_hour() -> None:
    snapshot = snapshot_with(rollback_loss="12 jobs", state=RunState.GOING)
    assert "loses" not in shown(post(replace(snapshot)))

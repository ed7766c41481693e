"""The card: what happens stands first, then who is waited for, and the buttons that still help."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.doors.button import read_button
from bot.slack.views.blocks import Message
from bot.slack.views.card import card, headline, watch_progress
from commands.progress.step_state import WATCH
from state.facts import Choice, StepAnswer
from state.records import RunState
from tests.bot.slack.run_writer import CHECK, DBA, DEPLOY, LEAD, READY, STARTER
from tests.bot.slack.slack_box import buttons
from tests.bot.slack.views.drawn import button_of, shown, snapshot_with, texts
from tests.bot.slack.whole_run import TURNS, snapshot_at, snapshots
from tests.losing import losing_page, lost_by_rollback
from tests.pages import SIGNED, row, said, small


def kinds(message: Message) -> list[str]:
    """The types of a message's blocks, in order."""
    return [block["type"] for block in message.blocks]


def test_the_headline_says_what_is_happening(tmp_path: Path) -> None:
    heads = {
        turn: card(taken).blocks[0]["text"]["text"] for turn, taken in zip(TURNS, snapshots(tmp_path, "x"), strict=True)
    }
    assert heads == {
        "waiting for two signatures": "🙋 shop: waiting for sign-off",
        "waiting for one signature": "🙋 shop: waiting for sign-off",
        "on hold": "⏸️ shop: ON HOLD",
        "deploying": "🚀 shop: deploying",
        "unknown result": "❓ shop: a step needs an answer",
        "failed": "❓ shop: a step needs an answer",
        "watching": "👀 shop: watching",
        "countdown": "🚨 shop: ALERT, about to roll back",
        "held alert": "👀 shop: watching",
        "early keep": "🙋 shop: waiting for a second person",
        "decision": "🏁 shop: KEEP or ROLLBACK?",
        "stopping": "⏪ shop: stopping, then rolling back",
        "rolling back": "⏪ shop: ROLLING BACK",
        "failed in the rollback": "🙋 shop: ROLLBACK waiting for people",
        "rolled back": "↩️ shop: ROLLED BACK",
    }


@pytest.mark.parametrize(
    ("minutes", "until"), [(10, "{time}|19:10>"), (2000, "{date_short_pretty} {time}|25 Nov 04:20>")]
)
def test_a_countdown_says_until_when_it_lasts(minutes: int, until: str) -> None:
    run = 'run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"'
    page = small(**{run: 'notify\ntext = "We begin"\ncountdown = true', 'undoes = "put-the-code-there"\n': ""})
    taken = snapshot_with(row(READY, "done"), row(DEPLOY, "running"), facts=SIGNED, notice_minutes=minutes)
    text = shown(card(replace(taken, page=page)))
    assert re.search(rf"Put the code there, until <!date\^\d+\^{re.escape(until)}", text), text


def test_every_end_has_a_headline() -> None:
    heads = [headline(snapshot_with(state=state).status) for state in ("kept", "aborted", "ended by hand")]
    assert heads == [
        "✅ shop: KEPT",
        "⛔ shop: ABORTED, nothing was changed",
        "🛑 shop: ENDED BY HAND, check what runs",
    ]


def test_during_a_countdown_what_is_wrong_and_its_two_buttons_stand_first(tmp_path: Path) -> None:
    drawn = card(snapshot_at(tmp_path, "countdown", "API > 5 s"))
    assert kinds(drawn)[:3] == ["header", "section", "actions"]
    wrong, measured, when = texts(drawn.blocks[1])[0].splitlines()
    assert wrong == "*API &gt; 5 s*"
    assert measured.startswith("7 s (limit: above 5 s")
    assert when.startswith("⏳ *Rolls back in 1 min* at <!date^")
    labels = [element["text"]["text"] for element in drawn.blocks[2]["elements"]]
    assert labels == ["⏪ Roll back now", "🔕 Hold: false alarm…"]


def test_the_button_on_the_card_names_the_alert_and_its_countdown(tmp_path: Path) -> None:
    value = read_button(button_of(card(snapshot_at(tmp_path, "countdown")), "false_alarm")["value"])
    assert (value.run, value.alert, value.number) == (1, 1, 1)


def test_a_hold_during_a_countdown_says_that_the_countdown_goes_on(tmp_path: Path) -> None:
    hold = button_of(card(snapshot_at(tmp_path, "countdown")), "hold")
    assert hold["text"]["text"] == "⏸️ Hold the run", "the alert has a hold of its own"
    assert "countdown goes on" in hold["confirm"]["text"]["text"]


def test_the_buttons_are_those_that_still_help(tmp_path: Path) -> None:
    rows = {turn: buttons(card(taken)) for turn, taken in zip(TURNS, snapshots(tmp_path, "x"), strict=True)}
    assert rows.pop("on hold") == ["rollback", "resume"]
    assert rows.pop("countdown") == ["rollback", "false_alarm", "hold"]
    for turn in TURNS[11:]:
        assert set(rows.pop(turn)) <= {"checks"}, f"{turn}: nothing can be pressed any more"
    assert set(map(tuple, rows.values())) == {("rollback", "hold")}, rows


def test_the_card_says_who_is_waited_for_and_where_to_answer() -> None:
    text = shown(card(snapshot_with(row(READY, "done"))))
    assert f"🙋 *Waiting for* *Database Admin* <@{DBA}>, *Tech Lead* <@{LEAD}>" in text
    assert "to sign *✅ พร้อมไหม (ready?)*\n👉 The buttons are in the thread" in text


def test_a_rollback_shows_who_requested_it_and_the_time_left(tmp_path: Path) -> None:
    snapshot = snapshot_at(tmp_path, "rolling back", "it burns")
    text = shown(card(snapshot))
    assert f"⏪ *Rollback requested by* <@{STARTER}>: it burns" in text
    assert "⏱️ *15 min left* of 15 min" in text
    assert "⏱️ Time budget: 15 min" in shown(card(snapshot, clock=False)), "the Home has no clock"
    assert text.index("left* of 15 min") < text.index("Rollback requested by"), "the time left comes first"


@pytest.mark.parametrize("state", [RunState.GOING, RunState.ABORTED])
def test_a_run_that_ends_before_any_change_is_aborted_and_not_rolled_back(state: RunState) -> None:
    asked = said("rollback", person=STARTER, reason="it burns")
    text = shown(card(snapshot_with(row(READY, "done"), facts=(asked,), state=state)))
    assert f"⛔ *Aborted by* <@{STARTER}>: it burns" in text
    assert "requested" not in text


def test_a_rollback_over_its_time_budget_says_by_how_much(tmp_path: Path) -> None:
    snapshot = snapshot_at(tmp_path, "rolling back")
    late = replace(snapshot, now=snapshot.now + timedelta(minutes=20))
    assert "🚨 *5 min over* the time budget of 15 min" in shown(card(late))


def test_the_card_names_the_step_that_is_over_its_share_of_the_time_budget(tmp_path: Path) -> None:
    snapshot = snapshot_at(tmp_path, "rolling back", "Undo it")
    late = replace(snapshot, now=snapshot.now + timedelta(minutes=20))
    assert "🐢" not in shown(card(snapshot))
    assert "🐢 *Undo it* is 5 min over its share of 15 min" in shown(card(late))


def test_the_clock_alone_changes_nothing_without_it(tmp_path: Path) -> None:
    for turn, snapshot in zip(TURNS, snapshots(tmp_path, "x"), strict=True):
        later = replace(snapshot, now=snapshot.now + timedelta(seconds=20))
        assert card(later, clock=False) == card(snapshot, clock=False), f"{turn}: time alone would redraw the card"
        assert turn == "rolled back" or card(later) != card(snapshot), f"{turn}: the card shows no time"


def test_a_rollback_that_did_not_restore_everything_says_so_first(tmp_path: Path) -> None:
    snapshot = snapshot_at(tmp_path, "rolled back")
    facts = tuple(
        replace(fact, choice=Choice.SKIP) if isinstance(fact, StepAnswer) and fact.choice is Choice.DONE else fact
        for fact in snapshot.record.facts
    )
    drawn = card(replace(snapshot, record=replace(snapshot.record, facts=facts)))
    assert drawn.blocks[0]["text"]["text"] == "⚠️ shop: ROLLED BACK, but NOT all of it"
    assert "❌ NOT restored: “x” failed: x (skip: x)" in shown(drawn)


def test_what_a_rollback_loses_now_stands_on_the_card(tmp_path: Path) -> None:
    snapshot = snapshot_at(tmp_path, "watching")
    run = replace(snapshot.record.run, rollback_loss="12 jobs made since T+10 min")
    text = shown(card(replace(snapshot, record=replace(snapshot.record, run=run))))
    assert "⚠️ Rolling back now loses *12 jobs made since T+10 min*" in text


def test_what_a_rollback_lost_stays_on_the_card() -> None:
    snapshot = snapshot_with(*lost_by_rollback(12), state=RunState.ROLLED_BACK, rollback_loss="212 jobs")
    drawn = card(replace(snapshot, page=losing_page("jobs", migration=False)))
    assert "⚠️ Lost by the rollback: *12 jobs*" in shown(drawn)


def test_a_loss_of_nothing_is_no_warning() -> None:
    snapshot = snapshot_with(row(DEPLOY, "done"), rollback_loss="0 jobs made since T+10 min")
    assert "✅ Rolling back now loses *0 jobs made since T+10 min*" in shown(card(snapshot))
    ten = snapshot_with(row(DEPLOY, "done"), rollback_loss="10 jobs")
    assert "⚠️ Rolling back now loses *10 jobs*" in shown(card(ten))


def test_a_kept_run_says_who_decided() -> None:
    drawn = card(snapshot_with(facts=(said("keep", person=LEAD),), state=RunState.KEPT))
    assert f"Decided by <@{LEAD}> at " in shown(drawn)


def test_a_held_alert_says_by_whom_until_when_and_why(tmp_path: Path) -> None:
    text = shown(card(snapshot_at(tmp_path, "held alert", "load test")))
    assert f"🔕 *load test* is held as a false alarm by <@{LEAD}> until <!date^" in text


def test_the_last_line_says_which_run_this_is() -> None:
    last = shown(card(snapshot_with(starter=STARTER, note="the fix", speed=240.0))).splitlines()[-1]
    assert last.startswith("Run 1 · 🚀 A small deploy · `main` · started by")
    assert last.endswith(f"<@{STARTER}> · the fix · rehearsal, watch 240 times faster")


def test_block_ids_change_with_the_content(tmp_path: Path) -> None:
    cards = [card(snapshot) for snapshot in snapshots(tmp_path, "x")]
    ids = [tuple(block["block_id"] for block in drawn.blocks) for drawn in cards]
    assert len(set(ids)) == len({json.dumps(drawn.blocks) for drawn in cards}), ids


def test_the_progress_of_the_watch_is_in_the_pages_own_time() -> None:
    assert watch_progress(snapshot_with(row(WATCH, "running", after=-0.25), speed=60.0)).endswith("15 min of 1 h")
    assert watch_progress(snapshot_with(row(WATCH, "running", after=-500))).endswith("1 h of 1 h")
    assert watch_progress(snapshot_with(row(CHECK, "done"))) == ""


def test_the_buttons_to_hold_and_resume_know_which_hold_they_are_for() -> None:
    first, over, second = said("hold", "", 0), said("resume", "", 0), said("hold", "", 1)
    values = [
        button_of(card(snapshot_with(facts=facts)), action)["value"]
        for facts, action in [
            ((), "hold"),
            ((first,), "resume"),
            ((first, over), "hold"),
            ((first, over, second), "resume"),
        ]
    ]
    assert [read_button(value).number for value in values] == [0, 0, 1, 1]

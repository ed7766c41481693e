"""The card has one line for a step of the page on a group, whatever number of hosts it has."""

from __future__ import annotations

from dataclasses import replace

from bot.slack.views.card import card
from bot.slack.views.hosts import host_lines
from bot.slack.views.questions import question
from bot.slack.views.run import run_moved
from bot.slack.views.status_post import status_post
from commands.progress.reach import REACH
from state.events import Ask, PeopleAsked, RunMoved, StatusDue
from state.records import AttemptState, RunState
from tests.bot.slack.views.drawn import event_with, shown, snapshot_with
from tests.groups import ROLLING, TOGETHER_WORDS, on
from tests.pages import SIGNED, attempt_at, fact, small

DEPLOY = "put-the-code-there"
TURN = ("out", "code", "answers", "in")
READY = attempt_at("ready", AttemptState.DONE)
MANY = small(**{**TOGETHER_WORDS, '"$SHOP_3"]': ", ".join(f'"$SHOP_{n}"' for n in range(3, 13)) + "]"})


def test_the_card_shows_each_host_in_one_line() -> None:
    turn = [attempt_at(on(step, 1), AttemptState.DONE) for step in ("out", "code", "answers", "in")]
    taken = snapshot_with(READY, *turn, attempt_at(on("out", 2), AttemptState.RUNNING), facts=SIGNED)
    lines = shown(card(replace(taken, page=ROLLING))).splitlines()
    assert "✅ backend-1 done · ▶️ backend-2: Out of the balancer · ⬜ backend-3 waiting" in lines


def test_a_status_post_shows_them_too() -> None:
    taken = snapshot_with(READY, attempt_at(on("out", 1), AttemptState.RUNNING), facts=SIGNED)
    drawn = status_post(replace(taken, page=ROLLING), event_with(StatusDue()), StatusDue())
    assert "▶️ backend-1: Out of the balancer · ⬜ backend-2 waiting" in shown(drawn)


def test_the_last_message_of_a_kept_run_names_the_host_that_was_left_out() -> None:
    turns = [attempt_at(on(step, host), AttemptState.DONE) for host in (2, 3) for step in TURN]
    begun = (READY, attempt_at(on("out", 1), AttemptState.FAILED), *turns, attempt_at("health", AttemptState.DONE))
    facts = (*SIGNED, fact("answer", on("out", 1), said="skip"))
    taken = replace(snapshot_with(*begun, facts=facts, state=RunState.KEPT), page=ROLLING)
    moved = RunMoved(state=RunState.KEPT, clock="1 h")
    words = "*Roll the hosts*: ⚠️ backend-1 skipped · ✅ backend-2 done · ✅ backend-3 done"
    assert words in shown(run_moved(taken, event_with(moved), moved))


def test_of_many_hosts_only_those_are_named_at_which_something_happens() -> None:
    ended = [attempt_at(f"{DEPLOY}@backend-{n}", AttemptState.DONE) for n in range(1, 8)]
    failed = attempt_at(f"{DEPLOY}@backend-8", AttemptState.FAILED)
    running = attempt_at(f"{DEPLOY}@backend-9", AttemptState.RUNNING)
    taken = replace(snapshot_with(READY, *ended, failed, running, facts=SIGNED), page=MANY)
    words = "✅ 7 done · ❌ backend-8 failed · ▶️ backend-9 running · ⬜ 3 waiting"
    assert host_lines(taken.status) == words


def test_where_other_steps_run_too_each_line_has_its_title() -> None:
    done = [attempt_at(on(step, 1), AttemptState.DONE) for step in ("out", "code")]
    reached, running = attempt_at(REACH, AttemptState.DONE), attempt_at(on("back-out", 1), AttemptState.RUNNING)
    taken = snapshot_with(READY, *done, reached, running, facts=SIGNED, state=RunState.ROLLING_BACK)
    status = replace(replace(taken, page=ROLLING).status, doing="Roll the hosts back and something else")
    words = "▶️ backend-1: Out again · ➖ backend-2 not touched · ➖ backend-3 not touched"
    assert host_lines(status) == f"*Roll the hosts back*: {words}"


def test_the_question_says_that_a_skipped_host_stays_as_it_is() -> None:
    failed = attempt_at(on("code", 2), AttemptState.FAILED)
    turn = [attempt_at(on(step, 1), AttemptState.DONE) for step in ("out", "code", "answers", "in")]
    taken = snapshot_with(READY, *turn, attempt_at(on("out", 2), AttemptState.DONE), failed, facts=SIGNED)
    asked = PeopleAsked(ask=Ask.ANSWER, step=on("code", 2), attempt=1, title="Put the code there (backend-2)")
    drawn = shown(question(replace(taken, page=ROLLING), event_with(asked, step=on("code", 2)), asked))
    follows = "backend-2 then stays as it is, without “Does it answer?”, “In again”; the run goes on."
    assert f"• *Skip…*: {follows}" in drawn
    assert drawn.count(follows) == 2, "once in the message, once in the button's question"

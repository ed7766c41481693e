"""People who are waited for and silent are asked again, louder each time, and each round once."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.step_state import DECISION, WATCH
from commands.signoff.reminders import chases, due
from state.records import DONE, RUNNING
from tests.pages import NOON, SIGNED, record, row, said, small

PAGE = small()
ASKED = record(row("ready", DONE), facts=SIGNED[:1])
DECIDING = record(
    row("ready", DONE),
    row("put-the-code-there", DONE),
    row("health", DONE),
    row(WATCH, DONE),
    row(DECISION, RUNNING),
    facts=SIGNED,
)


def test_nobody_is_chased_before_an_interval_of_the_status_posts_is_over() -> None:
    assert chases(PAGE, ASKED, NOON + timedelta(minutes=14)) == []
    assert due(PAGE, ASKED, NOON) == NOON + timedelta(minutes=15)


def test_the_same_roles_are_asked_again_first() -> None:
    (news,) = chases(PAGE, ASKED, NOON + timedelta(minutes=15))
    assert (news.data["roles"], news.data["loud"], news.data["silent"]) == (["lead"], False, "15 min")


def test_then_the_deciding_role_is_called_too() -> None:
    page = small(**{'toml decision\nrole = "lead"': 'toml decision\nrole = "dba"'})
    (news,) = chases(page, ASKED, NOON + timedelta(minutes=31))
    assert (news.data["roles"], news.data["loud"]) == (["lead", "dba"], True)


def test_a_round_that_was_missed_is_not_made_up_for() -> None:
    (news,) = chases(PAGE, ASKED, NOON + timedelta(minutes=70))
    assert news.once == "chase:sign:ready:1:4"
    assert due(PAGE, ASKED, NOON + timedelta(minutes=70)) == NOON + timedelta(minutes=120)


def test_silence_at_the_decision_is_chased_and_a_word_ends_it() -> None:
    (news,) = chases(PAGE, DECIDING, NOON + timedelta(minutes=15))
    assert news.data["kind"] == "decide"
    kept = record(*DECIDING.steps, facts=(*SIGNED, said("keep")))
    assert chases(PAGE, kept, NOON + timedelta(minutes=15)) == [], (
        "it was decided, though checks may still be under way"
    )
    back = record(*DECIDING.steps, facts=(*SIGNED, said("rollback")), state="rolling back")
    assert chases(PAGE, back, NOON + timedelta(minutes=15)) == []

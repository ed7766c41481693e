"""People who are waited for and silent are asked again, louder each time, and each round once."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.step_state import DECISION, WATCH
from commands.signoff.reminders import due, due_reminders
from state.records import AttemptState
from tests.pages import NOON, SIGNED, payload, record, row, said, small

PAGE = small()
ASKED = record(row("ready", AttemptState.DONE), facts=SIGNED[:1])
DECIDING = record(
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE),
    row("health", AttemptState.DONE),
    row(WATCH, AttemptState.DONE),
    row(DECISION, AttemptState.RUNNING),
    facts=SIGNED,
)


def test_nobody_is_chased_before_an_interval_of_the_status_posts_is_over() -> None:
    assert due_reminders(PAGE, ASKED, NOON + timedelta(minutes=14)) == []
    assert due(PAGE, ASKED, NOON) == NOON + timedelta(minutes=15)


def test_the_same_roles_are_asked_again_first() -> None:
    (news,) = due_reminders(PAGE, ASKED, NOON + timedelta(minutes=15))
    assert (payload(news).roles, payload(news).loud, payload(news).silent) == (("lead",), False, "15 min")


def test_then_the_deciding_role_is_called_too() -> None:
    page = small(**{'toml decision\nrole = "lead"': 'toml decision\nrole = "dba"'})
    (news,) = due_reminders(page, ASKED, NOON + timedelta(minutes=31))
    assert (payload(news).roles, payload(news).loud) == (("lead", "dba"), True)


def test_a_round_that_was_missed_is_not_made_up_for() -> None:
    (news,) = due_reminders(PAGE, ASKED, NOON + timedelta(minutes=70))
    assert news.once == "chase:sign:ready:1:4"
    assert due(PAGE, ASKED, NOON + timedelta(minutes=70)) == NOON + timedelta(minutes=120)


def test_silence_at_the_decision_is_chased_and_a_word_ends_it() -> None:
    (news,) = due_reminders(PAGE, DECIDING, NOON + timedelta(minutes=15))
    assert payload(news).title == "KEEP or ROLLBACK"
    kept = record(*DECIDING.attempts, facts=(*SIGNED, said("keep")))
    assert due_reminders(PAGE, kept, NOON + timedelta(minutes=15)) == [], (
        "it was decided, though checks may still be under way"
    )
    back = record(*DECIDING.attempts, facts=(*SIGNED, said("rollback")), state="rolling back")
    assert due_reminders(PAGE, back, NOON + timedelta(minutes=15)) == []

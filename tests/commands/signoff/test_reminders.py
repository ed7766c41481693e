"""Reminders: people who have not acted are asked again, louder over time, each round once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.runbook import Page
from commands.signoff.reminders import due, due_reminders
from state.events import Reminder
from state.facts import Fact
from state.records import AttemptState, NewEvent, Record
from tests.commands.signoff.samples import DEPLOY, DEPLOYED, READY, WINDOW
from tests.pages import NOON, SIGNED, payload, record, row, said, small

PAGE = small()
ASKED = record(READY, facts=SIGNED[:1])
WATCHED = (*DEPLOYED, row(WATCH, AttemptState.RUNNING))
DECIDING = record(*WATCHED, row(DECISION, AttemptState.RUNNING), facts=SIGNED)
SKIPPING = small(**WINDOW)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def sent(of: Record, minutes: float, page: Page = PAGE) -> list[NewEvent]:
    """The reminders that are due so many minutes after noon."""
    return due_reminders(page, of, at(minutes))


def test_nobody_is_reminded_before_one_interval_of_the_status_posts_has_passed() -> None:
    assert sent(ASKED, 14.9) == []
    assert due(PAGE, ASKED, NOON) == at(15)


def test_the_first_reminder_goes_to_the_roles_that_were_asked() -> None:
    assert sent(ASKED, 15) == [
        NewEvent(
            step="ready",
            data=Reminder(title="✅ พร้อมไหม (ready?)", roles=("lead",), loud=False, silent="15 min"),
            once="chase:sign:ready:1:1",
        )
    ]


def test_the_interval_is_that_of_the_page() -> None:
    page = small(**{'target = "shop"': 'target = "shop"\nstatus_every = "5 min"'})
    assert due(page, ASKED, NOON) == at(5)
    assert [payload(reminder).silent for reminder in sent(ASKED, 5, page)] == ["5 min"]


def test_from_the_second_round_on_the_deciding_role_is_called_too() -> None:
    page = small(**{'toml decision\nrole = "lead"': 'toml decision\nrole = "dba"'})
    (first,) = sent(ASKED, 29.9, page)
    (second,) = sent(ASKED, 30, page)
    assert (payload(first).roles, payload(first).loud) == (("lead",), False)
    assert (payload(second).roles, payload(second).loud) == (("lead", "dba"), True)
    assert second.once == "chase:sign:ready:1:2"


def test_the_deciding_role_is_named_once() -> None:
    (reminder,) = sent(ASKED, 30)
    assert payload(reminder).roles == ("lead",)


def test_a_reminder_names_at_most_eight_roles() -> None:
    more = "".join(
        f'[r{n}]\ntitle = "R{n}"\npeople = "$SHOP_R{n}"\nphone = "$SHOP_R{n}_PHONE"\naction = "x"\n' for n in range(9)
    )
    signing = ", ".join(f'"r{n}"' for n in range(9))
    page = small(**{"[dba]\n": f"{more}[dba]\n", 'takes = "10 min"': f"sign = [{signing}]"})
    of = record(READY, row(DEPLOY, AttemptState.DONE), facts=SIGNED)
    (reminder,) = sent(of, 15, page)
    assert payload(reminder).roles == tuple(f"r{n}" for n in range(8))


def test_a_missed_round_is_not_sent_later() -> None:
    (reminder,) = sent(ASKED, 70)
    assert reminder.once == "chase:sign:ready:1:4"
    assert due(PAGE, ASKED, at(70)) == at(120)


def test_the_next_reminder_is_after_now_and_after_the_last_round_there_is_none() -> None:
    assert due(PAGE, ASKED, at(15)) == at(30)
    assert due(PAGE, ASKED, at(15 * 63.9)) == at(15 * 64)
    assert due(PAGE, ASKED, at(15 * 64)) is None
    assert due(PAGE, record(READY, facts=SIGNED), NOON) is None, "nobody was asked for anything"


def test_silence_counts_from_the_end_of_the_attempt_in_whole_seconds() -> None:
    failed = replace(row(DEPLOY, AttemptState.FAILED), ended_at=at(10))
    of = record(READY, failed, facts=SIGNED)
    assert sent(of, 24.9) == []
    (reminder,) = due_reminders(PAGE, of, at(25) + timedelta(seconds=1.6))
    assert payload(reminder).silent == "15 min"
    quick = small(**{'target = "shop"': 'target = "shop"\nstatus_every = "1 min"'})
    (reminder,) = due_reminders(quick, of, at(11) + timedelta(seconds=1.6))
    assert payload(reminder).silent == "1 min 2 s"


def test_a_second_person_is_reminded_from_the_first_persons_decision_on() -> None:
    skip = said("answer", "the-right-time", 1, said="skip", after=10)
    of = record(row("the-right-time", AttemptState.FAILED), facts=(skip,))
    assert sent(of, 24.9, SKIPPING) == []
    (reminder,) = sent(of, 25, SKIPPING)
    assert reminder.once == "chase:second:the-right-time:1:1"
    assert due(SKIPPING, of, at(20)) == at(25)


def test_an_earlier_answer_about_the_same_step_does_not_count() -> None:
    rows = (row("the-right-time", AttemptState.FAILED), row("the-right-time", AttemptState.FAILED, 2, after=5))
    again = said("answer", "the-right-time", 1, said="again", after=4)
    skip = said("answer", "the-right-time", 2, said="skip", after=10)
    other = said("answer", "ready", 2, said="skip", after=12)
    assert due(SKIPPING, record(*rows, facts=(skip, again, other)), at(11)) == at(25)


def test_the_second_person_for_an_early_keep_is_reminded_from_that_decision_on() -> None:
    of = record(*WATCHED, facts=(*SIGNED, said("early keep", reason="quiet", after=20)))
    assert due(PAGE, of, at(20)) == at(35)
    (reminder,) = sent(of, 35)
    assert (payload(reminder).title, reminder.step) == ("KEEP before the watch is over", DECISION)


def test_an_early_keep_does_not_count_for_a_step_that_waits_for_a_second_person() -> None:
    skip = said("answer", "the-right-time", 1, said="skip", after=10)
    early = said("early keep", reason="quiet", after=40)
    of = record(row("the-right-time", AttemptState.FAILED), facts=(skip, early))
    assert [reminder.step for reminder in sent(of, 25, SKIPPING)] == ["the-right-time"]


def test_a_countdown_is_not_reminded_of() -> None:
    of = record(*WATCHED, facts=(*SIGNED, said("countdown", "API response > 5 s", 1)))
    assert sent(of, 60) == []
    assert due(PAGE, of, NOON) is None


def test_every_open_question_has_its_own_reminder() -> None:
    rows = (READY, row(DEPLOY, AttemptState.FAILED), row("health", AttemptState.UNKNOWN))
    assert [reminder.step for reminder in sent(record(*rows, facts=SIGNED), 15)] == [DEPLOY, "health"]


@pytest.mark.parametrize(
    ("facts", "state"), [((said("keep"),), "going"), ((said("rollback"),), "rolling back"), ((), "kept")]
)
def test_the_decision_is_reminded_of_until_it_is_made(facts: tuple[Fact, ...], state: str) -> None:
    (reminder,) = sent(DECIDING, 15)
    assert payload(reminder).title == "KEEP or ROLLBACK"
    decided = record(*DECIDING.attempts, facts=(*SIGNED, *facts), state=state)
    assert sent(decided, 15) == []

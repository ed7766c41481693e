"""The events that ask people: what they ask, whom, and that each question is posted once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.signoff.events import asked_after_refusal, decision_asked, early_keep_asked, people_asked
from state.events import Ask, PeopleAsked
from state.facts import Fact
from state.records import AttemptState, NewEvent, Record
from tests.commands.signoff.samples import DEPLOY, DEPLOYED, QUESTION, READY, SIGNED_DEPLOY, WINDOW
from tests.pages import SIGNED, record, row, said, small

PAGE = small()
WATCHED = (*DEPLOYED, row(WATCH, AttemptState.RUNNING))
QUESTIONS = small(**QUESTION)
REFUSED_READY = said("sign", "ready", 1, role="dba", said="no", reason="no backup")


def asked(of: Record, step: str) -> list[NewEvent]:
    return people_asked(PAGE, of, PAGE.step(step))


def after_refusal(of: Record, step: str) -> list[NewEvent]:
    return asked_after_refusal(PAGE, of, PAGE.step(step))


def test_a_checklist_is_asked_with_its_items_once_for_each_attempt() -> None:
    items = (("dba", "The backup is there"), ("lead", "The plan is read"))
    second = row("ready", AttemptState.DONE, 2)
    data = PeopleAsked(
        ask=Ask.SIGN,
        step="ready",
        attempt=2,
        title="✅ พร้อมไหม (ready?)",
        roles=("dba", "lead"),
        state="done",
        items=items,
    )
    assert asked(record(READY, second), "ready") == [NewEvent(step="ready", data=data, once="wanted:sign:ready:2")]


def test_a_failure_is_asked_about_with_its_state_and_summary() -> None:
    failed = replace(row(DEPLOY, AttemptState.FAILED), summary="exit 1")
    (event,) = asked(record(READY, failed, facts=SIGNED), DEPLOY)
    assert event == NewEvent(
        step=DEPLOY,
        data=PeopleAsked(
            ask=Ask.ANSWER,
            step=DEPLOY,
            title="Put the code there",
            roles=("lead",),
            state="failed",
            summary="exit 1",
        ),
        once=f"wanted:answer:{DEPLOY}:1",
    )


@pytest.mark.parametrize("state", [None, AttemptState.RUNNING, AttemptState.DONE])
def test_a_step_that_needs_nobody_asks_nobody(state: AttemptState | None) -> None:
    rows = () if state is None else (row(DEPLOY, state),)
    assert asked(record(READY, *rows, facts=SIGNED), DEPLOY) == []


def test_a_check_of_the_watch_asks_nobody_but_a_question_of_the_watch_does() -> None:
    unknown = record(*WATCHED, row("response-time", AttemptState.UNKNOWN), facts=SIGNED)
    assert asked(unknown, "response-time") == []
    question = record(*WATCHED, row("all-well", AttemptState.DONE), facts=SIGNED)
    (event,) = people_asked(QUESTIONS, question, QUESTIONS.step("all-well"))
    assert event.once == "wanted:sign:all-well:1"


def test_once_a_rollback_is_requested_only_its_own_steps_ask() -> None:
    stopped = row(DEPLOY, AttemptState.STOPPED)
    undo = row("put-the-old-code-back", AttemptState.FAILED)
    back = record(READY, stopped, undo, facts=(*SIGNED, said("rollback")), state="rolling back")
    assert asked(back, DEPLOY) == []
    assert [event.step for event in asked(back, "put-the-old-code-back")] == ["put-the-old-code-back"]


def test_a_second_person_is_asked_to_agree_to_an_early_keep() -> None:
    early = record(*WATCHED, row("health", AttemptState.FAILED, 2), facts=(*SIGNED, said("early keep", reason="quiet")))
    data = PeopleAsked(ask=Ask.AGREE, step=DECISION, title="KEEP before the watch is over", roles=("dba", "lead"))
    assert early_keep_asked(PAGE, early) == [NewEvent(step=DECISION, data=data, once=f"wanted:second:{DECISION}:1")], (
        "the open question about another step is not asked again"
    )
    assert early_keep_asked(PAGE, record(*WATCHED, facts=SIGNED)) == []


def test_an_early_keep_asks_nothing_about_a_step_that_waits_for_a_second_person_too() -> None:
    page = small(**WINDOW)
    skipped = said("answer", "the-right-time", 1, said="skip")
    closed = row("the-right-time", AttemptState.FAILED)
    assert early_keep_asked(page, record(closed, facts=(skipped,))) == []


def test_the_decision_asks_the_deciding_role_with_the_items_of_the_page() -> None:
    page = small(**{'toml decision\nrole = "lead"': 'toml decision\nrole = "dba"\nitems = ["Sales are well", "Sleep"]'})
    data = PeopleAsked(
        ask=Ask.DECIDE,
        step=DECISION,
        title="KEEP or ROLLBACK",
        roles=("dba",),
        asked_items=("Sales are well", "Sleep"),
    )
    assert decision_asked(page) == NewEvent(step=DECISION, data=data)


def test_a_refused_step_is_asked_about_once_production_has_changed() -> None:
    page = small(**SIGNED_DEPLOY)
    refused = said("sign", DEPLOY, 1, role="dba", said="no", reason="wrong version")
    of = record(READY, row(DEPLOY, AttemptState.DONE), facts=(*SIGNED, refused))
    (event,) = asked_after_refusal(page, of, page.step(DEPLOY))
    assert event.once == f"wanted:answer:{DEPLOY}:1:refused"


@pytest.mark.parametrize("facts", [(), SIGNED[:1], SIGNED])
def test_a_step_that_nobody_refused_is_not_asked_about_again(facts: tuple[Fact, ...]) -> None:
    assert after_refusal(record(READY, facts=facts), "ready") == []


def test_a_refusal_that_ends_the_run_leaves_no_question() -> None:
    assert after_refusal(record(READY, facts=(REFUSED_READY,)), "ready") == []
    assert after_refusal(record(facts=(REFUSED_READY,)), "ready") == [], "the step has not begun"


def test_a_refused_question_of_the_watch_leaves_no_question() -> None:
    refused = said("sign", "all-well", 1, role="dba", said="no", reason="three complaints")
    of = record(*WATCHED, row("all-well", AttemptState.DONE), facts=(*SIGNED, refused))
    assert asked_after_refusal(QUESTIONS, of, QUESTIONS.step("all-well")) == []

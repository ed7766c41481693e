"""What a step's newest attempt means for the run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.progress.step_state import (
    StepState,
    answer_to,
    choice_of,
    fix_by_hand,
    is_refused,
    missing_signatures,
    production_changed,
    production_changed_at,
    signatures,
    state_of,
)
from commands.runbook import Page
from commands.runbook.page import PageStep
from state.facts import Choice, Fact
from state.records import AttemptState, Record
from tests.pages import NOON, SIGNED, attempt_at, fact, record, small

PAGE = small()
GATE, DEPLOY, HEALTH, CHECK, BACK = (
    PAGE.step(step) for step in ("ready", "put-the-code-there", "health", "response-time", "put-the-old-code-back")
)
FAILED = attempt_at(DEPLOY.id, AttemptState.FAILED)
REFUSED = (fact("sign", GATE.id, role="dba", said="no"),)
READY = attempt_at(GATE.id, AttemptState.DONE)


def on_failure(action: str) -> Page:
    """The small page, whose deploy step says what its failure does."""
    return small(**{'takes = "10 min"': f'takes = "10 min"\non_failure = "{action}"'})


def deploy_state(of: Record, page: Page = PAGE) -> StepState:
    return state_of(page, of, page.step(DEPLOY.id))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (AttemptState.RUNNING, StepState.RUNNING),
        (AttemptState.DONE, StepState.SETTLED),
        (AttemptState.FAILED, StepState.NEEDS_PEOPLE),
        (AttemptState.UNKNOWN, StepState.NEEDS_PEOPLE),
        (AttemptState.STOPPED, StepState.NEEDS_PEOPLE),
    ],
)
def test_without_signatures_and_answers_the_attempts_state_decides(state: AttemptState, expected: StepState) -> None:
    assert deploy_state(record(attempt_at(DEPLOY.id, state))) is expected


def test_a_step_that_was_never_begun_has_not_begun() -> None:
    assert deploy_state(record(READY)) is StepState.NOT_BEGUN


def test_the_newest_attempt_counts() -> None:
    again = attempt_at(DEPLOY.id, AttemptState.DONE, 2)
    skip = fact("answer", DEPLOY.id, 1, said="skip")
    assert deploy_state(record(FAILED, again)) is StepState.SETTLED
    assert deploy_state(record(FAILED, attempt_at(DEPLOY.id, AttemptState.FAILED, 2), facts=(skip,))) is (
        StepState.NEEDS_PEOPLE
    ), "an answer about the first attempt settles the second"


@pytest.mark.parametrize(
    ("action", "state", "expected"),
    [
        ("ask", AttemptState.FAILED, StepState.NEEDS_PEOPLE),
        ("tell", AttemptState.FAILED, StepState.SETTLED),
        ("roll back", AttemptState.FAILED, StepState.ROLL_BACK),
        ("tell", AttemptState.UNKNOWN, StepState.NEEDS_PEOPLE),
        ("roll back", AttemptState.UNKNOWN, StepState.NEEDS_PEOPLE),
        ("roll back", AttemptState.STOPPED, StepState.NEEDS_PEOPLE),
    ],
)
def test_only_a_failure_does_what_the_page_says_about_failures(
    action: str, state: AttemptState, expected: StepState
) -> None:
    assert deploy_state(record(attempt_at(DEPLOY.id, state)), on_failure(action)) is expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [("ask", StepState.NEEDS_PEOPLE), ("tell", StepState.SETTLED), ("roll back", StepState.NEEDS_PEOPLE)],
)
def test_a_step_that_could_not_ask_has_not_failed_and_rolls_nothing_back(action: str, expected: StepState) -> None:
    unasked = replace(attempt_at(DEPLOY.id, AttemptState.FAILED), outcome={"inconclusive": True})
    assert deploy_state(record(unasked), on_failure(action)) is expected


@pytest.mark.parametrize(
    ("choice", "expected"), [("again", StepState.RETRY), ("skip", StepState.SETTLED), ("done", StepState.SETTLED)]
)
@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.UNKNOWN])
@pytest.mark.parametrize("action", ["ask", "roll back"])
def test_an_answer_comes_before_what_the_page_says(
    choice: str, expected: StepState, state: AttemptState, action: str
) -> None:
    answered = record(attempt_at(DEPLOY.id, state), facts=(fact("answer", DEPLOY.id, said=choice),))
    assert deploy_state(answered, on_failure(action)) is expected


def test_a_step_that_was_fixed_by_hand_still_needs_its_signatures() -> None:
    page = small(**{'takes = "10 min"': 'takes = "10 min"\nsign = ["dba"]'})
    fixed, signed = fact("answer", DEPLOY.id, said="done"), fact("sign", DEPLOY.id, role="dba")
    assert deploy_state(record(FAILED, facts=(fixed,)), page) is StepState.NEEDS_PEOPLE
    assert deploy_state(record(FAILED, facts=(fixed, signed)), page) is StepState.SETTLED


WINDOW = '### Window\n\n```toml window\ndays = ["mon"]\nhours = ["22:00-23:00"]\n```\n\n## Deploy'


@pytest.mark.parametrize("choice", ["skip", "done"])
def test_some_kinds_are_skipped_or_called_fixed_only_when_a_second_person_agrees_to_this_answer(choice: str) -> None:
    page = small(**{"## Deploy": WINDOW})
    (window,) = [step for step in page.steps if step.box.needs_second_person]
    failed = attempt_at(window.id, AttemptState.FAILED)
    answer, agreed = fact("answer", window.id, said=choice), fact("second", window.id, said=choice)
    others = (
        fact("second", window.id, 2, said=choice),
        fact("second", DEPLOY.id, 1, said=choice),
        fact("second", window.id, said="override"),
    )
    for facts in ((answer,), (answer, *others)):
        assert state_of(page, record(failed, facts=facts), window) is StepState.NEEDS_PEOPLE
        assert fix_by_hand(page, record(failed, facts=facts), window, failed) is None
    settled = record(failed, facts=(answer, agreed))
    assert state_of(page, settled, window) is StepState.SETTLED
    assert fix_by_hand(page, settled, window, failed) is (answer if choice == "done" else None)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), StepState.NEEDS_PEOPLE),
        (SIGNED[:1], StepState.NEEDS_PEOPLE),
        (SIGNED, StepState.SETTLED),
        ((fact("sign", GATE.id, 2, role="dba"), SIGNED[1]), StepState.NEEDS_PEOPLE),
        ((SIGNED[1], *REFUSED), StepState.NO_GO),
    ],
)
def test_a_gate_is_settled_when_every_role_has_signed_this_attempt(
    facts: tuple[Fact, ...], expected: StepState
) -> None:
    assert state_of(PAGE, record(READY, facts=facts), GATE) is expected


@pytest.mark.parametrize(
    ("choice", "changed", "expected"),
    [
        ("", False, StepState.NO_GO),
        ("", True, StepState.NEEDS_PEOPLE),
        ("again", False, StepState.RETRY),
        ("again", True, StepState.RETRY),
        ("override", True, StepState.NEEDS_PEOPLE),
        ("done", True, StepState.NEEDS_PEOPLE),  # the fix by hand is what was refused
        ("skip", True, StepState.SETTLED),  # written by an earlier version
    ],
)
def test_a_refusal_is_no_go_before_production_changed_and_asks_people_after_it(
    choice: str, changed: bool, expected: StepState
) -> None:
    facts = (*REFUSED, *([fact("answer", GATE.id, said=choice)] if choice else []))
    deployed = [attempt_at(DEPLOY.id, AttemptState.DONE)] if changed else []
    assert state_of(PAGE, record(READY, *deployed, facts=facts), GATE) is expected


def test_a_refusal_is_overruled_when_a_second_person_agrees_to_that_of_any_kind_of_step() -> None:
    facts = (*REFUSED, fact("answer", GATE.id, said="override"), fact("second", GATE.id, said="override"))
    assert state_of(PAGE, record(READY, facts=facts), GATE) is StepState.SETTLED
    other = (*facts[:-1], fact("second", GATE.id, said="done"))
    deployed = attempt_at(DEPLOY.id, AttemptState.DONE)
    assert state_of(PAGE, record(READY, deployed, facts=other), GATE) is StepState.NEEDS_PEOPLE


def test_a_refused_fix_by_hand_no_longer_counts() -> None:
    page = small(**{'takes = "10 min"': 'takes = "10 min"\nsign = ["dba"]'})
    fixed, refused = fact("answer", DEPLOY.id, said="done"), fact("sign", DEPLOY.id, role="dba", said="no")
    assert fix_by_hand(page, record(FAILED, facts=(fixed,)), page.step(DEPLOY.id), FAILED) is fixed
    assert fix_by_hand(page, record(FAILED, facts=(fixed, refused)), page.step(DEPLOY.id), FAILED) is None
    assert deploy_state(record(FAILED, facts=(fixed, refused)), page) is StepState.NEEDS_PEOPLE


def test_a_refusal_after_production_changed_rolls_back_if_the_page_says_so() -> None:
    page = small(**{'id = "ready"': 'id = "ready"\non_failure = "roll back"'})
    refused = record(READY, attempt_at(DEPLOY.id, AttemptState.DONE), facts=REFUSED)
    assert state_of(page, refused, page.step("ready")) is StepState.ROLL_BACK


def test_the_answer_about_an_attempt_is_that_of_the_same_step_and_attempt() -> None:
    answer = fact("answer", DEPLOY.id, 1, said="skip", reason="why not")
    answered = record(FAILED, facts=(answer, fact("answer", DEPLOY.id, 2, said="again"), fact("hold")))
    assert answer_to(answered, FAILED) is answer
    assert choice_of(answered, FAILED) is Choice.SKIP
    assert answer_to(answered, attempt_at(HEALTH.id, AttemptState.FAILED)) is None
    assert choice_of(answered, attempt_at(DEPLOY.id, AttemptState.FAILED, 3)) is None


def test_the_signatures_of_an_attempt_are_all_of_them_and_no_others() -> None:
    other_attempt, other_step = fact("sign", GATE.id, 2, role="lead"), fact("sign", DEPLOY.id, 1, role="lead")
    signed = record(READY, facts=(*REFUSED, other_attempt, other_step, SIGNED[1]))
    assert signatures(signed, READY) == [REFUSED[0], SIGNED[1]]
    assert is_refused(signed, READY)
    assert not is_refused(record(READY, facts=(*SIGNED, other_attempt)), READY)


def test_the_roles_that_have_not_signed_are_in_alphabetical_order() -> None:
    assert missing_signatures(record(READY), GATE, READY) == ("dba", "lead")
    assert missing_signatures(record(READY, facts=REFUSED), GATE, READY) == ("lead",)
    assert missing_signatures(record(READY, facts=SIGNED), GATE, READY) == ()


@pytest.mark.parametrize(
    ("step", "changed"), [(GATE, False), (DEPLOY, True), (HEALTH, True), (CHECK, True), (BACK, False)]
)
@pytest.mark.parametrize("state", [AttemptState.RUNNING, AttemptState.FAILED])
def test_production_changed_once_a_step_of_the_deploy_or_after_it_began(
    step: PageStep, changed: bool, state: AttemptState
) -> None:
    assert production_changed(PAGE, record(attempt_at(step.id, state))) is changed


def test_production_changed_when_the_first_of_them_began() -> None:
    of = record(
        READY, *(attempt_at(step, AttemptState.DONE, after=after) for step, after in ((HEALTH.id, 7), (DEPLOY.id, 5)))
    )
    assert production_changed_at(PAGE, of) == NOON + timedelta(minutes=5)
    assert production_changed_at(PAGE, record(READY)) is None

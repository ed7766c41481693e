"""What one step is waiting for, and which answers are possible."""

from __future__ import annotations

import pytest

from commands.signoff.waiting import Waiting, choices_after, waiting_for, waiting_for_step
from state.events import Ask
from state.facts import Choice, Fact
from state.records import AttemptState, Record
from tests.commands.signoff.samples import DEPLOY, READY, RELEASE, WINDOW
from tests.pages import SIGNED, record, row, said, small

PAGE = small()


def waiting_step(of: Record, step: str = DEPLOY, **changes: str) -> Waiting | None:
    page = small(**changes)
    return waiting_for_step(page, of, page.step(step))


def deployed(state: str, *facts: Fact) -> Record:
    return record(READY, row(DEPLOY, state), facts=(*SIGNED, *facts))


# -- one step -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [None, AttemptState.RUNNING, AttemptState.DONE])
def test_a_step_that_has_not_ended_or_succeeded_needs_nobody(state: AttemptState | None) -> None:
    rows = () if state is None else (row(DEPLOY, state),)
    assert waiting_step(record(READY, *rows, facts=SIGNED)) is None


def test_once_a_rollback_is_requested_nobody_is_asked_about_the_steps_before_it() -> None:
    assert waiting_for(PAGE, record(READY))
    assert waiting_for(PAGE, record(READY, facts=(said("rollback"),))) == ()


def test_a_checklist_waits_for_every_role_that_has_not_signed_this_attempt() -> None:
    waiting = waiting_step(record(READY), "ready")
    assert waiting == Waiting(
        ask=Ask.SIGN, step="ready", attempt=1, title="✅ พร้อมไหม (ready?)", roles=("dba", "lead"), blocks=True
    )
    half = waiting_step(record(READY, facts=SIGNED[:1]), "ready")
    assert half is not None
    assert half.roles == ("lead",)
    second = waiting_step(record(READY, row("ready", AttemptState.DONE, 2), facts=SIGNED), "ready")
    assert second is not None, "signatures of the first attempt do not count for the second"
    assert (second.attempt, second.roles) == (2, ("dba", "lead"))
    assert waiting_step(record(READY, facts=SIGNED), "ready") is None


@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.STOPPED])
def test_a_step_that_did_not_succeed_waits_for_an_answer_by_the_deciding_role(state: AttemptState) -> None:
    waiting = waiting_step(deployed(state))
    assert waiting == Waiting(
        ask=Ask.ANSWER,
        step=DEPLOY,
        attempt=1,
        title="Put the code there",
        roles=("lead",),
        choices=(Choice.RETRY, Choice.DONE, Choice.SKIP),
    )


def test_the_role_that_the_step_names_answers_instead_of_the_deciding_role() -> None:
    waiting = waiting_step(deployed(AttemptState.FAILED), **{'takes = "10 min"': 'asks = "dba"'})
    assert waiting is not None
    assert waiting.roles == ("dba",)


@pytest.mark.parametrize("choice", ["again", "skip"])
def test_an_answered_failure_needs_nobody(choice: str) -> None:
    assert waiting_step(deployed(AttemptState.FAILED, said("answer", DEPLOY, 1, said=choice))) is None


def test_a_result_that_needs_a_signature_waits_for_it() -> None:
    signed = {'takes = "10 min"': 'sign = ["lead", "dba"]'}
    waiting = waiting_step(deployed(AttemptState.DONE), **signed)
    assert waiting is not None
    assert (waiting.ask, waiting.roles, waiting.choices) == (Ask.SIGN, ("dba", "lead"), ())


def test_a_step_that_was_fixed_by_hand_waits_for_the_signatures_of_its_result() -> None:
    signed = {'takes = "10 min"': 'sign = ["dba"]'}
    by_hand = said("answer", DEPLOY, 1, said="done")
    waiting = waiting_step(deployed(AttemptState.FAILED, by_hand), **signed)
    assert waiting is not None
    assert (waiting.ask, waiting.roles) == (Ask.SIGN, ("dba",))
    refused = said("sign", DEPLOY, 1, role="dba", said="no", reason="it is not")
    waiting = waiting_step(deployed(AttemptState.DONE, refused), **signed)
    assert waiting is not None, "a refused result needs an answer"
    assert (waiting.ask, waiting.choices) == (Ask.ANSWER, (Choice.RETRY, Choice.OVERRIDE))


def test_skipping_what_two_must_skip_waits_for_a_second_person_of_any_role() -> None:
    closed = row("the-right-time", AttemptState.FAILED)
    skip = said("answer", "the-right-time", 1, said="skip")
    waiting = waiting_step(record(closed, facts=(skip,)), "the-right-time", **WINDOW)
    assert waiting is not None
    assert (waiting.ask, waiting.roles, waiting.choices) == (Ask.AGREE, ("dba", "lead"), (Choice.SKIP,))
    agreed = said("second", "the-right-time", 1)
    assert waiting_step(record(closed, facts=(skip, agreed)), "the-right-time", **WINDOW) is None


# -- possible answers -----------------------------------------------------------------------------------------------


def test_after_a_refusal_a_step_can_be_run_again_or_the_refusal_be_overruled() -> None:
    refused = record(READY, facts=(said("sign", "ready", 1, role="dba", said="no"),))
    assert choices_after(PAGE, refused, PAGE.step("ready"), READY) == (Choice.RETRY, Choice.OVERRIDE)


def test_a_failed_step_whose_values_are_needed_later_can_only_be_run_again() -> None:
    failed = row("which-code", AttemptState.FAILED)
    used = small(**RELEASE, **{'commands = ["deploy"]': 'commands = ["deploy <commit>"]'})
    assert choices_after(used, record(failed), used.step("which-code"), failed) == (Choice.RETRY,)
    unused = small(**RELEASE)
    assert choices_after(unused, record(failed), unused.step("which-code"), failed) == (
        Choice.RETRY,
        Choice.DONE,
        Choice.SKIP,
    )

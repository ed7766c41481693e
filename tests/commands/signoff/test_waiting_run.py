"""Everything a whole run is waiting for: steps, countdowns, questions of the watch, and KEEP."""

from __future__ import annotations

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.signoff.waiting import Waiting, decision_pending, waiting_for
from state.events import Ask
from state.facts import Fact
from state.records import Attempt, AttemptState, Record
from tests.commands.signoff.samples import ALERT, DEPLOY, DEPLOYED, QUESTION, READY
from tests.pages import SIGNED, record, row, said, small

PAGE = small()
WATCHED = (*DEPLOYED, row(WATCH, AttemptState.RUNNING))
COUNTDOWN = said("countdown", ALERT, 1)
EARLY = said("early keep", reason="quiet")


def asks(of: Record, **changes: str) -> list[tuple[str, str]]:
    """What the run is waiting for: what is asked, and about which step or alert."""
    return [(waiting.ask.value, waiting.step) for waiting in waiting_for(small(**changes), of)]


@pytest.mark.parametrize("state", ["kept", "rolled back", "aborted", "ended by hand"])
def test_a_run_that_is_over_waits_for_nobody(state: str) -> None:
    assert waiting_for(PAGE, record(READY, state=state)) == ()


def test_a_run_waits_for_its_forward_steps_until_it_rolls_back_and_then_for_those_of_the_rollback() -> None:
    undo = row("put-the-old-code-back", AttemptState.FAILED)
    rows = (READY, row(DEPLOY, AttemptState.FAILED), undo)
    assert asks(record(*rows, facts=SIGNED)) == [("answer", DEPLOY)]
    back = record(*rows, facts=(*SIGNED, said("rollback")), state="rolling back")
    assert asks(back) == [("answer", "put-the-old-code-back")]


def test_a_failed_check_of_the_watch_waits_for_nobody() -> None:
    assert asks(record(*WATCHED, row("response-time", AttemptState.UNKNOWN), facts=SIGNED)) == []


# -- countdowns -----------------------------------------------------------------------------------------------------


def test_a_countdown_may_be_held_by_the_roles_that_the_alert_calls_and_by_the_deciding_role() -> None:
    of = record(*WATCHED, facts=(*SIGNED, said("countdown", ALERT, 2)))
    (waiting,) = waiting_for(PAGE, of)
    assert waiting == Waiting(ask=Ask.COUNTDOWN, step=ALERT, attempt=2, title=ALERT, roles=("lead",))
    (waiting,) = waiting_for(small(**{"in_a_row = 2": 'in_a_row = 2\npings = ["dba"]'}), of)
    assert waiting.roles == ("dba", "lead")
    (waiting,) = waiting_for(small(**{"in_a_row = 2": 'in_a_row = 2\npings = ["lead", "dba"]'}), of)
    assert waiting.roles == ("lead", "dba"), "a role is named once"


@pytest.mark.parametrize("fact", [said("false alarm", ALERT, 1, said="30 min"), said("recovered", ALERT, 1)])
def test_a_countdown_that_was_held_or_has_ended_waits_for_nobody(fact: Fact) -> None:
    assert asks(record(*WATCHED, facts=(*SIGNED, COUNTDOWN))) == [("countdown", ALERT)]
    assert asks(record(*WATCHED, facts=(*SIGNED, COUNTDOWN, fact))) == []


# -- questions of the watch -----------------------------------------------------------------------------------------

ASKED = row("all-well", AttemptState.DONE)


def test_a_question_of_the_watch_blocks_nothing() -> None:
    (waiting,) = waiting_for(small(**QUESTION), record(*WATCHED, ASKED, facts=SIGNED))
    assert (waiting.ask, waiting.step, waiting.roles, waiting.blocks) == (Ask.SIGN, "all-well", ("dba",), False)


@pytest.mark.parametrize(
    ("rows", "facts", "state"),
    [
        ((), (said("rollback"),), "going"),
        ((), (said("keep"),), "going"),
        ((row(DECISION, AttemptState.DONE),), (), "going"),
        ((), (), "rolling back"),
        ((), (said("sign", "all-well", 1, role="dba", said="yes"),), "going"),
        ((), (said("sign", "all-well", 1, role="dba", said="no", reason="no"),), "going"),
    ],
)
def test_a_question_of_the_watch_ends_with_the_answer_the_rollback_and_the_decision(
    rows: tuple[Attempt, ...], facts: tuple[Fact, ...], state: str
) -> None:
    assert asks(record(*WATCHED, ASKED, *rows, facts=(*SIGNED, *facts), state=state), **QUESTION) == []


# -- KEEP -----------------------------------------------------------------------------------------------------------


def test_an_early_keep_waits_for_a_second_person_of_any_role() -> None:
    (waiting,) = waiting_for(PAGE, record(*WATCHED, facts=(*SIGNED, EARLY)))
    assert waiting == Waiting(
        ask=Ask.AGREE, step=DECISION, attempt=1, title="KEEP before the watch is over", roles=("dba", "lead")
    )


@pytest.mark.parametrize(
    ("facts", "state"),
    [((said("early keep agreed"),), "going"), ((said("rollback"),), "going"), ((), "rolling back")],
)
def test_an_early_keep_waits_no_longer_once_agreed_or_rolled_back(facts: tuple[Fact, ...], state: str) -> None:
    assert asks(record(*WATCHED, facts=(*SIGNED, EARLY, *facts), state=state)) == []


def test_at_the_decision_an_early_keep_is_no_longer_asked_for() -> None:
    deciding = record(*WATCHED, row(DECISION, AttemptState.RUNNING), facts=(*SIGNED, EARLY))
    assert asks(deciding) == [("decide", DECISION)]


def test_the_decision_waits_for_the_deciding_role() -> None:
    deciding = record(*WATCHED, row(DECISION, AttemptState.RUNNING), facts=SIGNED)
    assert waiting_for(PAGE, deciding) == (
        Waiting(ask=Ask.DECIDE, step=DECISION, attempt=1, title="KEEP or ROLLBACK", roles=("lead",)),
    )


@pytest.mark.parametrize(
    ("decision", "facts", "state", "pending"),
    [
        (AttemptState.RUNNING, (), "going", True),
        (AttemptState.DONE, (), "going", False),
        (None, (), "going", False),
        (AttemptState.RUNNING, (), "rolling back", False),
        (AttemptState.RUNNING, (said("keep"),), "going", False),
        (AttemptState.RUNNING, (said("rollback"),), "going", False),
    ],
)
def test_the_decision_is_pending_from_its_start_until_keep_or_rollback(
    decision: AttemptState | None, facts: tuple[Fact, ...], state: str, pending: bool
) -> None:
    rows = (row(DECISION, decision),) if decision else ()
    assert decision_pending(record(*rows, facts=facts, state=state)) is pending


def test_what_a_run_waits_for_is_in_the_order_countdowns_steps_questions_keep() -> None:
    rows = (
        READY,
        row(DEPLOY, AttemptState.FAILED),
        row("health", AttemptState.DONE),
        row(WATCH, AttemptState.RUNNING),
        ASKED,
    )
    both = record(*rows, facts=(*SIGNED, COUNTDOWN, EARLY))
    assert asks(both, **QUESTION) == [
        ("countdown", ALERT),
        ("answer", DEPLOY),
        ("sign", "all-well"),
        ("second", DECISION),
    ]

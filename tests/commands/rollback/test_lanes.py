"""Steps of the rollback run side by side: no step waits for what it does not need."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.progress.reach import REACH
from commands.run.decide import decide
from commands.run.instructions import BeginStep, Instruction, MoveRun, Wait
from commands.runbook import read_page
from commands.signoff.waiting import waiting_for
from state.errors import BadPage
from state.facts import Fact
from state.records import Attempt, AttemptState, Record, RunState
from tests.commands.rollback.samples import OLD, lane
from tests.pages import NOON, record, row, said, spoil

PAGE = read_page(
    spoil((OLD, lane("stop") + lane("database", 'asks = "dba"') + lane("code", 'after = ["stop"]') + lane("restart"))),
    "small.md",
)


def back(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    return record(
        row("put-the-code-there", AttemptState.DONE),
        row(REACH, AttemptState.DONE),
        *attempts,
        facts=(said("rollback"), *facts),
        state="rolling back",
    )


def following(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> Instruction:
    return decide(PAGE, back(*attempts, facts=facts), NOON + timedelta(minutes=1))


def begins(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> str:
    act = following(*attempts, facts=facts)
    assert isinstance(act, BeginStep), f"expected a step to begin, got {act}"
    return act.step.id


def test_the_first_step_runs_alone() -> None:
    assert begins() == "stop"
    assert following(row("stop", AttemptState.RUNNING)) == Wait()


def test_a_step_begins_while_those_run_that_it_does_not_wait_for() -> None:
    assert begins(row("stop", AttemptState.DONE)) == "database"
    assert begins(row("stop", AttemptState.DONE), row("database", AttemptState.RUNNING)) == "code"
    assert (
        following(row("stop", AttemptState.DONE), row("database", AttemptState.RUNNING), row("code", AttemptState.DONE))
        == Wait()
    )


def test_a_step_without_after_waits_for_every_step_above_it() -> None:
    assert (
        begins(row("stop", AttemptState.DONE), row("database", AttemptState.DONE), row("code", AttemptState.DONE))
        == "restart"
    )
    done = [row(name, AttemptState.DONE) for name in ("stop", "database", "code", "restart")]
    assert following(*done) == MoveRun(RunState.ROLLED_BACK)


def test_a_failed_lane_asks_while_the_other_continues() -> None:
    failed = (row("stop", AttemptState.DONE), row("database", AttemptState.FAILED))
    assert begins(*failed) == "code"
    waiting = waiting_for(PAGE, back(*failed, row("code", AttemptState.RUNNING)))
    assert [one.step for one in waiting] == ["database"]
    assert following(*failed, row("code", AttemptState.DONE)) == Wait(), "the restart waits for the answer"
    again = said("answer", "database", 1, said="again")
    assert begins(*failed, row("code", AttemptState.DONE), facts=(again,)) == "database"


@pytest.mark.parametrize("choice", ["skip", "done"])
def test_a_failed_step_that_was_skipped_or_fixed_by_hand_does_not_stop_the_rollback(choice: str) -> None:
    others = [row(name, AttemptState.DONE) for name in ("stop", "code", "restart")]
    answer = said("answer", "database", 1, said=choice, reason="by hand")
    act = following(*others, row("database", AttemptState.FAILED), facts=(answer,))
    assert act == MoveRun(RunState.ROLLED_BACK)


def test_a_refused_step_that_was_skipped_does_not_stop_the_rollback() -> None:
    done = [row(name, AttemptState.DONE) for name in ("stop", "database", "code", "restart")]
    refused = said("sign", "database", 1, role="dba", said="no", reason="rows are missing")
    skip = said("answer", "database", 1, said="skip", reason="later")
    assert following(*done, facts=(refused, skip)) == MoveRun(RunState.ROLLED_BACK)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ((OLD, lane("stop", 'after = ["nothing"]')), 'there is no step "nothing" above it in the rollback'),
        ((OLD, lane("stop", 'after = ["stop"]')), 'there is no step "stop" above it'),
        ((OLD, lane("stop", 'after = ["health"]')), 'there is no step "health" above it'),
        (('takes = "10 min"', 'after = ["ready"]'), "only steps of the rollback may run in parallel"),
    ],
)
def test_an_after_that_names_no_step_above_it_in_the_rollback_is_refused(page: tuple[str, str], words: str) -> None:
    with pytest.raises(BadPage, match=words):
        read_page(spoil(page), "small.md")

"""Steps of the rollback side by side, where the page says so: none waits for what it does not need."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.rollback.restored import missing_at, not_restored
from commands.run.decide import BeginStep, Instruction, MoveRun, Wait, decide
from commands.runbook import read_page
from commands.signoff.waiting import waiting_for
from state.errors import BadPage
from state.facts import Fact
from state.records import Attempt, AttemptState, Record, RunState
from tests.pages import NOON, record, row, said, spoil

OLD = """### Put the old code back

```toml run
host = "backend"
undoes = "put-the-code-there"
commands = ["undeploy"]
```
"""


def lane(name: str, after: str = "") -> str:
    return f'### {name}\n\n```toml run\nid = "{name}"\nhost = "backend"\ncommands = ["{name}"]\n{after}\n```\n\n'


PAGE = read_page(
    spoil((OLD, lane("stop") + lane("database", 'asks = "dba"') + lane("code", 'after = ["stop"]') + lane("restart"))),
    "small.md",
)


def back(*rows: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    return record(
        row("put-the-code-there", AttemptState.DONE), *rows, facts=(said("rollback"), *facts), state="rolling back"
    )


def following(*rows: Attempt, facts: tuple[Fact, ...] = ()) -> Instruction:
    return decide(PAGE, back(*rows, facts=facts), NOON + timedelta(minutes=1))


def begins(*rows: Attempt, facts: tuple[Fact, ...] = ()) -> str:
    answer = following(*rows, facts=facts)
    assert isinstance(answer, BeginStep), f"expected a step to begin, got {answer}"
    return answer.step.id


def test_the_first_step_runs_alone() -> None:
    assert begins() == "stop"
    assert following(row("stop", AttemptState.RUNNING)) == Wait()


def test_a_step_begins_beside_those_that_it_does_not_wait_for() -> None:
    assert begins(row("stop", AttemptState.DONE)) == "database"
    assert begins(row("stop", AttemptState.DONE), row("database", AttemptState.RUNNING)) == "code"
    assert (
        following(row("stop", AttemptState.DONE), row("database", AttemptState.RUNNING), row("code", AttemptState.DONE))
        == Wait()
    )


def test_a_step_that_names_nothing_waits_for_all_above_it() -> None:
    assert (
        begins(row("stop", AttemptState.DONE), row("database", AttemptState.DONE), row("code", AttemptState.DONE))
        == "restart"
    )
    over = [row(name, AttemptState.DONE) for name in ("stop", "database", "code", "restart")]
    assert following(*over) == MoveRun(RunState.ROLLED_BACK)


def test_a_failed_lane_asks_while_the_other_goes_on() -> None:
    rows = (row("stop", AttemptState.DONE), row("database", AttemptState.FAILED))
    assert begins(*rows) == "code"
    assert [one.step for one in waiting_for(PAGE, back(*rows, row("code", AttemptState.RUNNING)))] == ["database"]
    assert following(*rows, row("code", AttemptState.DONE)) == Wait(), "the restart waits for the answer"
    again = said("answer", "database", 1, said="again")
    assert begins(*rows, row("code", AttemptState.DONE), facts=(again,)) == "database"


def test_what_was_skipped_or_failed_is_named_as_not_restored() -> None:
    skip = said("answer", "database", 1, said="skip", reason="by hand")
    rows = (
        row("stop", AttemptState.DONE),
        row("database", AttemptState.FAILED),
        row("code", AttemptState.DONE),
        row("restart", AttemptState.DONE),
    )
    assert following(*rows, facts=(skip,)) == MoveRun(RunState.ROLLED_BACK)
    (lost,) = not_restored(PAGE, back(*rows, facts=(skip,)))
    assert lost.startswith("“database” failed")
    assert lost.endswith("(skip: by hand)")


def test_what_is_missing_is_named_with_who_must_act_and_only_of_steps_above_that_have_ended() -> None:
    skip = said("answer", "database", 1, said="skip", reason="by hand")
    rows = (
        row("stop", AttemptState.DONE),
        row("database", AttemptState.FAILED),
        row("code", AttemptState.RUNNING),
        row("restart", AttemptState.RUNNING),
    )
    found = missing_at(PAGE, back(*rows, facts=(skip,)), PAGE.step("restart"))
    assert list(found) == ["“database” (Database Admin must act)"]
    assert found["“database” (Database Admin must act)"].endswith("(skip: by hand)")
    assert missing_at(PAGE, back(*rows, facts=(skip,)), PAGE.step("health")) == {}


def test_what_a_person_did_by_hand_is_restored() -> None:
    rows = [row(name, AttemptState.DONE) for name in ("stop", "code", "restart")]
    by_hand = said("answer", "database", 1, said="done", reason="typed it in psql")
    whole = back(*rows, row("database", AttemptState.FAILED), facts=(by_hand,))
    assert decide(PAGE, whole, NOON) == MoveRun(RunState.ROLLED_BACK)
    assert not_restored(PAGE, whole) == ()
    assert missing_at(PAGE, whole, PAGE.step("restart")) == {}


def test_a_result_that_somebody_refused_is_not_restored_though_the_step_went_well() -> None:
    rows = [row(name, AttemptState.DONE) for name in ("stop", "database", "code", "restart")]
    refused = said("sign", "database", 1, role="dba", said="no", reason="rows are missing")
    skip = said("answer", "database", 1, said="skip", reason="later")
    (lost,) = not_restored(PAGE, back(*rows, facts=(refused, skip)))
    assert lost.startswith("“database” refused")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ((OLD, lane("stop", 'after = ["nothing"]')), 'there is no step "nothing" above it in the rollback'),
        ((OLD, lane("stop", 'after = ["stop"]')), 'there is no step "stop" above it'),
        ((OLD, lane("stop", 'after = ["health"]')), 'there is no step "health" above it'),
        (('takes = "10 min"', 'after = ["ready"]'), "only steps of the rollback may run in parallel"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(page: tuple[str, str], words: str) -> None:
    with pytest.raises(BadPage, match=words):
        read_page(spoil(page), "small.md")

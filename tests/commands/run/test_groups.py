"""Steps on a group of hosts, from the page to the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.run.decide import decide
from commands.run.instructions import BeginStep, Instruction, RequestRollback, Wait
from commands.runbook import Page
from state.records import AttemptState, Record, RunState
from tests.commands.run.driven_runner import DrivenRunner, wait_until
from tests.pages import NOON, SIGNED, attempt_at, fact, record, small

TOGETHER = {
    'address = "$SHOP_SSH"': 'address = ["$SHOP_1", "$SHOP_2", "$SHOP_3"]',
    'commands = ["deploy"]': 'commands = ["deploy to <host>"]\ntogether = true',
    'commands = ["undeploy"]': 'commands = ["undeploy from <host>"]\ntogether = true',
}
PAGE = small(**TOGETHER)
DEPLOY = [f"put-the-code-there@backend-{n}" for n in (1, 2, 3)]
BACK = [f"put-the-old-code-back@backend-{n}" for n in (1, 2, 3)]
READY = attempt_at("ready", AttemptState.DONE)


def instruction(*attempts: object, page: Page = PAGE, **changes: object) -> Instruction:
    """What `decide` says after these attempts, with the gate signed."""
    of: Record = record(READY, *attempts, facts=SIGNED, **changes)  # type: ignore[arg-type]
    return decide(page, of, NOON)


def begun(*attempts: object) -> str:
    """The step that begins next; empty if none does."""
    found = instruction(*attempts)
    return found.step.id if isinstance(found, BeginStep) else ""


@pytest.fixture
def grouped(tmp_path: Path) -> Iterator[DrivenRunner]:
    """A run of the page with a group of three hosts, whose gate is signed."""
    made = DrivenRunner(tmp_path, PAGE)
    made.do("ready")
    made.sign()
    yield made
    made.close()


def test_a_step_done_together_begins_on_every_host_before_any_has_ended() -> None:
    running = [attempt_at(step, AttemptState.RUNNING) for step in DEPLOY]
    assert [begun(*running[:n]) for n in range(4)] == [*DEPLOY, ""]


def test_the_next_step_waits_for_all_hosts() -> None:
    done = [attempt_at(step, AttemptState.DONE) for step in DEPLOY]
    assert begun(*done[:2], attempt_at(DEPLOY[2], AttemptState.RUNNING)) == ""
    assert begun(*done) == "health"


def test_while_people_decide_about_one_host_no_other_begins() -> None:
    assert instruction(attempt_at(DEPLOY[0], AttemptState.FAILED)) == Wait()


def test_a_host_runs_again_while_people_still_decide_about_another() -> None:
    failed = [attempt_at(step, AttemptState.FAILED) for step in DEPLOY[:2]]
    again = fact("answer", DEPLOY[0], said="again")
    found = decide(PAGE, record(READY, *failed, facts=(*SIGNED, again)), NOON)
    assert isinstance(found, BeginStep)
    assert (found.step.id, found.attempt) == (DEPLOY[0], 2)


def test_the_failure_of_one_host_rolls_back_while_the_others_run() -> None:
    page = small(**{**TOGETHER, 'takes = "10 min"': 'takes = "10 min"\non_failure = "roll back"'})
    attempts = (attempt_at(DEPLOY[0], AttemptState.RUNNING), attempt_at(DEPLOY[1], AttemptState.FAILED))
    found = instruction(*attempts, page=page)
    assert isinstance(found, RequestRollback)
    assert "(backend-2)" in found.reason


def test_each_host_gets_its_own_command_at_the_same_time(grouped: DrivenRunner) -> None:
    for n in (1, 2, 3):
        grouped.world.hang(f"deploy to backend-{n}")
    grouped.runner.start()
    wait_until(lambda: sum(grouped.world.begun.values()) == 3)
    assert {grouped.last(step).state for step in DEPLOY} == {AttemptState.RUNNING}
    for n in (1, 2, 3):
        grouped.world.finish(f"deploy to backend-{n}")
    assert {grouped.ended(step).state for step in DEPLOY} == {AttemptState.DONE}


def test_only_the_hosts_that_were_touched_are_rolled_back(grouped: DrivenRunner) -> None:
    grouped.do(DEPLOY[0])
    grouped.do(DEPLOY[1], AttemptState.FAILED)
    grouped.store.add_fact(1, fact("rollback"))
    grouped.runner.start()
    wait_until(lambda: grouped.record.run.state == RunState.ROLLED_BACK)
    assert [bool(grouped.record.last(step)) for step in BACK] == [True, True, False]

"""What a run does next before and after the watch, from records written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.progress.reach import REACH
from commands.run.decide import decide
from commands.run.instructions import BeginStep, Instruction, MoveRun, RequestRollback, StopSteps, Wait
from commands.runbook import Page
from commands.signoff.waiting import waiting_for
from state.records import AttemptState, Record, RunState
from tests.pages import NOON, SIGNED, attempt_at, fact, record, small

PAGE = small()
DEPLOY, BACK = "put-the-code-there", "put-the-old-code-back"
READY = attempt_at("ready", AttemptState.DONE)
DEPLOYED = attempt_at(DEPLOY, AttemptState.DONE, after=1)
REACHED = attempt_at(REACH, AttemptState.DONE, after=2)

# the small page with a second and a third step in its rollback; the third waits only for the second
LANES = """undoes = "put-the-code-there"
commands = ["undeploy"]
```

### Restart

```toml run
host = "backend"
commands = ["restart"]
AFTER
```

### Tell

```toml run
host = "backend"
commands = ["tell"]
after = ["restart"]
"""


def instruction(of: Record, page: Page = PAGE) -> Instruction:
    """What `decide` says 3 minutes past noon."""
    return decide(page, of, NOON + timedelta(minutes=3))


def begins(of: Record, page: Page = PAGE) -> tuple[str, int]:
    """The step and attempt that begin."""
    answer = instruction(of, page)
    assert isinstance(answer, BeginStep), f"expected a step to begin, got {answer}"
    return answer.step.id, answer.attempt


def with_lanes(after: str = "") -> Page:
    """The small page with three rollback steps; `after` is what the second one says."""
    old = 'undoes = "put-the-code-there"\ncommands = ["undeploy"]\n'
    return small(**{old: LANES.replace("AFTER\n", f"{after}\n" if after else "")})


def test_the_first_step_begins_first() -> None:
    assert begins(record()) == ("ready", 1)


def test_a_gate_waits_for_all_its_roles() -> None:
    half_signed = record(READY, facts=SIGNED[:1])
    assert instruction(half_signed) == Wait()
    assert [waiting.roles for waiting in waiting_for(PAGE, half_signed)] == [("lead",)]


def test_after_a_signed_gate_the_next_step_begins() -> None:
    assert begins(record(READY, facts=SIGNED)) == (DEPLOY, 1)


def test_while_a_step_runs_the_run_waits() -> None:
    assert instruction(record(READY, attempt_at(DEPLOY, AttemptState.RUNNING), facts=SIGNED)) == Wait()


def test_a_refusal_before_production_is_changed_aborts_the_run() -> None:
    refusal = fact("sign", "ready", role="dba", said="no")
    assert instruction(record(READY, facts=(refusal,))) == RequestRollback(
        "the sign-off of “✅ พร้อมไหม (ready?)” was refused"
    )
    assert instruction(record(READY, facts=(refusal, fact("rollback")))) == MoveRun(RunState.ABORTED)


def test_a_failed_step_asks_people_by_default() -> None:
    failed = record(READY, attempt_at(DEPLOY, AttemptState.FAILED), facts=SIGNED)
    assert instruction(failed) == Wait()
    assert [(w.ask, w.choices) for w in waiting_for(PAGE, failed)] == [("answer", ("again", "done", "skip"))]


def test_the_answer_again_begins_the_next_attempt() -> None:
    first, second = (attempt_at(DEPLOY, AttemptState.FAILED, number) for number in (1, 2))
    again = [fact("answer", DEPLOY, number, said="again") for number in (1, 2)]
    assert begins(record(READY, first, facts=(*SIGNED, again[0]))) == (DEPLOY, 2)
    assert begins(record(READY, first, second, facts=(*SIGNED, *again))) == (DEPLOY, 3)


def test_the_answer_skip_begins_the_next_step() -> None:
    skip = fact("answer", DEPLOY, said="skip")
    assert begins(record(READY, attempt_at(DEPLOY, AttemptState.FAILED), facts=(*SIGNED, skip))) == ("health", 1)


def test_a_step_with_an_unknown_end_never_runs_again_by_itself() -> None:
    assert instruction(record(READY, attempt_at(DEPLOY, AttemptState.UNKNOWN), facts=SIGNED)) == Wait()


def test_a_failed_step_rolls_back_if_its_page_says_so() -> None:
    failed = replace(attempt_at("health", AttemptState.FAILED), summary="it answers 500")
    assert instruction(record(READY, DEPLOYED, failed, facts=SIGNED)) == RequestRollback(
        "“Health” failed: it answers 500"
    )


def test_a_step_whose_values_are_needed_later_cannot_be_skipped() -> None:
    page = small(
        **{
            'path = "/health"': 'path = "/health"\nvalues = { job_id = "id" }',
            'path = "/jobs"': 'path = "/jobs/<job_id>"',
            'on_failure = "roll back"': 'on_failure = "ask"',
        }
    )
    failed = record(READY, DEPLOYED, attempt_at("health", AttemptState.FAILED, after=2), facts=SIGNED)
    assert [waiting.choices for waiting in waiting_for(page, failed)] == [("again",)]


def test_on_hold_no_step_begins_until_the_run_is_resumed() -> None:
    hold, resume = fact("hold", attempt=0), fact("resume", attempt=0)
    assert instruction(record(READY, facts=(*SIGNED, hold))) == Wait()
    assert begins(record(READY, facts=(*SIGNED, hold, resume))) == (DEPLOY, 1)


def test_on_hold_no_step_runs_again_but_a_failure_still_rolls_back() -> None:
    hold, again = fact("hold", attempt=0), fact("answer", DEPLOY, said="again")
    failed = attempt_at(DEPLOY, AttemptState.FAILED)
    assert instruction(record(READY, failed, facts=(*SIGNED, again, hold))) == Wait()
    health = attempt_at("health", AttemptState.FAILED)
    assert isinstance(instruction(record(READY, DEPLOYED, health, facts=(*SIGNED, hold))), RequestRollback)


def test_a_rollback_before_production_is_changed_stops_what_runs_and_then_aborts() -> None:
    request = (fact("rollback"),)
    assert instruction(record(attempt_at("ready", AttemptState.RUNNING), facts=request)) == StopSteps(("ready",))
    assert instruction(record(attempt_at("ready", AttemptState.STOPPED), facts=request)) == MoveRun(RunState.ABORTED)


def test_a_rollback_after_production_was_changed_begins_at_once_and_stops_the_running_step() -> None:
    attempts = (READY, attempt_at(DEPLOY, AttemptState.RUNNING))
    request = (*SIGNED, fact("rollback"))
    assert instruction(record(*attempts, facts=request)) == MoveRun(RunState.ROLLING_BACK)
    assert instruction(record(*attempts, facts=request, state="rolling back")) == StopSteps((DEPLOY,))


def test_a_rollback_stops_every_running_step_and_check_before_its_first_step() -> None:
    running = [attempt_at(step, AttemptState.RUNNING) for step in (DEPLOY, "health", "response-time", "the watch")]
    of = record(READY, *running, facts=(fact("rollback"),), state="rolling back")
    assert instruction(of) == StopSteps((DEPLOY, "health", "response-time"))


def test_a_rollback_runs_only_steps_that_have_something_to_undo() -> None:
    stopped = attempt_at(DEPLOY, AttemptState.STOPPED)
    assert begins(record(READY, stopped, REACHED, facts=(fact("rollback"),), state="rolling back")) == (BACK, 1)
    health = attempt_at("health", AttemptState.DONE)
    nothing = record(READY, health, facts=(fact("rollback"),), state="rolling back")
    assert instruction(nothing) == MoveRun(RunState.ROLLED_BACK)


def test_a_hold_does_not_stop_a_rollback() -> None:
    facts = (fact("hold"), fact("rollback"))
    assert begins(record(DEPLOYED, REACHED, facts=facts, state="rolling back")) == (BACK, 1)
    assert instruction(record(DEPLOYED, facts=facts)) == MoveRun(RunState.ROLLING_BACK)


@pytest.mark.parametrize(
    ("state", "answer", "expected"),
    [
        (AttemptState.RUNNING, "", Wait()),
        (AttemptState.FAILED, "", Wait()),
        (AttemptState.UNKNOWN, "", Wait()),
        (AttemptState.DONE, "", MoveRun(RunState.ROLLED_BACK)),
        (AttemptState.FAILED, "skip", MoveRun(RunState.ROLLED_BACK)),
        (AttemptState.FAILED, "again", BeginStep(PAGE.step(BACK), 2)),
    ],
)
def test_a_rollback_ends_when_its_steps_are_settled(state: AttemptState, answer: str, expected: Instruction) -> None:
    facts = (fact("rollback"), *([fact("answer", BACK, said=answer)] if answer else []))
    assert instruction(record(DEPLOYED, attempt_at(BACK, state), facts=facts, state="rolling back")) == expected


def test_a_refused_sign_off_of_a_rollback_step_waits_for_people() -> None:
    page = small(**{'commands = ["undeploy"]': 'commands = ["undeploy"]\nsign = ["dba"]'})
    undone, refusal = attempt_at(BACK, AttemptState.DONE), fact("sign", BACK, role="dba", said="no")
    of = record(DEPLOYED, undone, facts=(fact("rollback"), refusal), state="rolling back")
    assert instruction(of, page) == Wait()


def test_a_rollback_step_waits_for_all_above_it_unless_it_names_the_steps_it_waits_for() -> None:
    rolling_back = {"facts": (fact("rollback"),), "state": "rolling back"}
    undoing, restarted = attempt_at(BACK, AttemptState.RUNNING), attempt_at("restart", AttemptState.DONE)
    assert begins(record(DEPLOYED, REACHED, **rolling_back), with_lanes()) == (BACK, 1)  # type: ignore[arg-type]
    assert instruction(record(DEPLOYED, undoing, **rolling_back), with_lanes()) == Wait()  # type: ignore[arg-type]
    page = with_lanes("after = []")
    assert begins(record(DEPLOYED, undoing, **rolling_back), page) == ("restart", 1)  # type: ignore[arg-type]
    assert begins(record(DEPLOYED, undoing, restarted, **rolling_back), page) == ("tell", 1)  # type: ignore[arg-type]
    failed = attempt_at("restart", AttemptState.FAILED)
    assert instruction(record(DEPLOYED, undoing, failed, **rolling_back), page) == Wait()  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["kept", "rolled back", "aborted", "ended by hand"])
def test_a_run_that_is_over_does_nothing(state: str) -> None:
    assert instruction(record(DEPLOYED, facts=(fact("rollback"),), state=state)) == Wait()

"""The runner carries out each instruction, and recovers what an earlier runner left running."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.run import runner as runner_module
from commands.run.instructions import BeginStep, MarkPhase, MoveRun, RequestRollback, StopSteps, Wait
from state.facts import BOT
from state.records import AttemptState, Record, RunState
from tests.commands.run.driven_runner import BACK, DEPLOY, GATE, PAGE, DrivenRunner, wait_until
from tests.pages import NOON, fact


def test_a_step_is_written_as_running_before_it_runs_and_then_with_its_end(driven: DrivenRunner) -> None:
    states = []
    driven.world.on_host("deploy", lambda _: states.append(driven.last(DEPLOY).state))
    driven.runner._carry_out(BeginStep(PAGE.step(DEPLOY), 3), driven.record)
    assert (driven.ended(DEPLOY).state, driven.last(DEPLOY).attempt) == (AttemptState.DONE, 3)
    assert states == [AttemptState.RUNNING]
    assert driven.last(DEPLOY).began_at == NOON
    assert [event.attempt for event in driven.events("began") + driven.events("ended")] == [3, 3]


def test_the_watch_and_the_decision_are_written_as_phases(tmp_path: Path) -> None:
    driven = DrivenRunner(tmp_path, speed=5.0)
    driven.runner._carry_out(MarkPhase(WATCH), driven.record)
    assert (driven.last(WATCH).state, driven.last(WATCH).attempt) == (AttemptState.RUNNING, 1)
    (began,) = driven.events("watch")
    assert (began.lasts, began.speed) == ("1 h", 5.0)
    driven.runner._carry_out(MarkPhase(WATCH, over=True), driven.record)
    assert driven.last(WATCH).state == AttemptState.DONE
    assert len(driven.events("watch over")) == 1
    driven.runner._carry_out(MarkPhase(DECISION), driven.record)
    assert (driven.last(DECISION).state, driven.last(DECISION).attempt) == (AttemptState.RUNNING, 1)
    (asked,) = driven.events("wanted")
    assert asked.ask == "decide"
    driven.close()


def test_a_rollback_is_requested_in_the_bots_name_if_it_is_still_called_for(driven: DrivenRunner) -> None:
    refusal = fact("sign", GATE, role="dba", said="no")
    driven.do(GATE)
    instruction = RequestRollback("the sign-off of “✅ พร้อมไหม (ready?)” was refused")
    driven.runner._carry_out(instruction, driven.record)
    assert driven.record.rollback is None, "nobody has refused yet"
    driven.store.add_fact(1, refusal)
    driven.runner._carry_out(instruction, driven.record)
    request = driven.record.rollback
    assert request
    assert (request.by, request.at, request.reason) == (BOT, NOON, instruction.reason)


def test_nothing_that_was_decided_is_written_after_a_clock_jump(driven: DrivenRunner) -> None:
    driven.do(GATE)
    driven.store.add_fact(1, fact("sign", GATE, role="dba", said="no"))
    driven.world.clock.jump(minutes=-10)
    instruction = RequestRollback("the sign-off of “✅ พร้อมไหม (ready?)” was refused")
    driven.runner._carry_out(instruction, driven.record)
    assert driven.record.rollback is None


def test_a_move_is_written_with_its_event_only_if_it_is_still_called_for(driven: DrivenRunner) -> None:
    driven.do(GATE)
    driven.runner._carry_out(MoveRun(RunState.ABORTED), driven.record)
    assert driven.record.run.state == RunState.GOING
    driven.world.clock.move(minutes=5)
    driven.store.add_fact(1, fact("rollback", reason="no", after=4))
    driven.runner._carry_out(MoveRun(RunState.ABORTED), driven.record)
    assert (driven.record.run.state, driven.record.run.ended_at) == (RunState.ABORTED, NOON + timedelta(minutes=5))
    (moved,) = driven.events("moved")
    assert (moved.state, moved.clock, moved.since_rollback) == ("aborted", "5 min", "1 min")


def test_only_the_move_that_ends_the_run_lets_its_steps_clean_up(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned: list[Record] = []
    monkeypatch.setattr(runner_module, "clean_up_after_run", lambda page, record, context: cleaned.append(record))
    driven.do(DEPLOY)
    driven.store.add_fact(1, fact("rollback"))
    driven.runner._carry_out(MoveRun(RunState.ROLLING_BACK), driven.record)
    assert cleaned == []
    driven.do(BACK)
    before = driven.record
    driven.runner._carry_out(MoveRun(RunState.ROLLED_BACK), before)
    driven.runner._carry_out(MoveRun(RunState.ROLLED_BACK), before)
    assert cleaned == [before], "a move that was not written cleaned up"


def test_a_running_step_is_stopped_and_the_loop_waits_for_its_end(driven: DrivenRunner) -> None:
    driven.world.hang("deploy")
    driven.runner._carry_out(BeginStep(PAGE.step(DEPLOY), 1), driven.record)
    wait_until(lambda: driven.world.begun)
    driven.runner._version = driven.store.version(1)
    driven.runner._carry_out(StopSteps((DEPLOY,)), driven.record)
    assert driven.ended(DEPLOY).state == AttemptState.STOPPED


def test_a_loop_that_stops_steps_asks_again_after_a_second(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[datetime | None] = []
    monkeypatch.setattr(driven.runner, "_sleep", lambda record, until: slept.append(until))
    driven.runner._carry_out(StopSteps((DEPLOY,)), driven.record)
    driven.runner._carry_out(Wait(NOON), driven.record)
    driven.runner._carry_out(Wait(), driven.record)
    assert slept == [NOON + timedelta(seconds=1), NOON, None]


def test_attempts_that_an_earlier_runner_left_running_are_recovered_and_phases_are_not(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, int, bool, bool]] = []
    monkeypatch.setattr(
        driven.runner._steps,
        "begin",
        lambda step, attempt, _, *, stopped, recovering: begun.append((step.id, attempt, stopped, recovering)),
    )
    driven.do(GATE)
    for step, attempt in ((DEPLOY, 1), (DEPLOY, 2), (WATCH, 1), (DECISION, 1), ("response-time", 3)):
        driven.begin(step, attempt)
    driven.runner._recover()
    assert begun == [(DEPLOY, 1, False, True), (DEPLOY, 2, False, True), ("response-time", 3, False, True)]


def test_in_a_rollback_forward_steps_are_recovered_as_stopped_and_rollback_steps_are_not(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        driven.runner._steps, "begin", lambda step, _, work, *, stopped, recovering: begun.append((step.id, stopped))
    )
    driven.begin(DEPLOY)
    driven.begin("response-time")
    driven.begin(BACK)
    driven.store.add_fact(1, fact("rollback"))
    driven.runner._recover()
    assert begun == [(DEPLOY, True), ("response-time", True), (BACK, False)]


def test_a_recovered_attempt_ends_as_its_recovery_says(driven: DrivenRunner) -> None:
    driven.begin(DEPLOY)
    key = f"{driven.record.run.key}/{DEPLOY}/1"
    driven.world.finished[key] = driven.world.host_does("deploy", {})
    driven.runner._recover()
    assert driven.ended(DEPLOY).state == AttemptState.DONE
    assert driven.world.begun[key] == 0, "the step was run again"


def test_of_the_status_posts_that_were_due_meanwhile_only_the_newest_comes(driven: DrivenRunner) -> None:
    driven.world.clock.move(minutes=50)
    driven.runner._recover()
    driven.runner._turn()
    assert [status.slot for status in driven.events("status")] == [3]

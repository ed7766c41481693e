"""Rollbacks of whole runs: its lanes over a restart, a lane that fails, and its time budget."""

from __future__ import annotations

from typing import Any

from commands.ports.shell import CommandResult
from commands.run.engine import Engine
from commands.signoff.waiting import waiting_for
from state.errors import Failed
from state.facts import Choice
from state.records import AttemptState
from tests.pages import payload
from tests.production import OLD, ended
from tests.simulated_run import SimulatedRun, holder, running

PACKAGES, FRONTEND = "FOLDER.next", "current.next"  # words of the scripts that put them back


def hang_in_both_lanes(sim: SimulatedRun) -> None:
    """Roll back until the packages and the frontend are being put back, and hang there."""
    sim.world.hang(PACKAGES)
    sim.world.hang(FRONTEND)
    sim.roll_back()
    both = [running(sim, step) for step in ("revert-install", "revert-frontend")]
    sim.advance(until=lambda: all(is_running() for is_running in both))


def skip_all(sim: SimulatedRun) -> None:
    """The deciding role skips every failed step, and the DBA agrees where two are needed, until the run is over."""
    while sim.store.active_runs():
        for waiting in waiting_for(sim.page, sim.record):
            now = sim.world.clock.now()
            if waiting.ask == "answer":
                lead = holder(sim.page.decision.role)
                sim.actions.answer(waiting.step, waiting.attempt, lead, Choice.SKIP, "it is checked tomorrow", now)
            elif waiting.ask == "second":
                sim.actions.agree(waiting.step, waiting.attempt, holder("dba"), now)
        sim.advance(until=lambda: not sim.store.active_runs() or bool(waiting_for(sim.page, sim.record)), timeout=20)


def rolled_back(sim: SimulatedRun) -> Any:
    """What is told when the rollback is over."""
    return next(event.data for event in sim.events("moved") if event.data.state == "rolled back")


def marks(sim: SimulatedRun) -> list[int]:
    """The percentages of the time budget that were reported."""
    return [payload(event).mark for event in sim.events("budget")]


def test_two_lanes_that_one_engine_left_running_are_finished_by_a_second(
    sim: SimulatedRun, second_engine: Engine
) -> None:
    hang_in_both_lanes(sim)
    sim.advance(until=lambda: sum("/revert-" in key for key in list(sim.world.finished)) >= 3)
    sim.engine.stop()
    assert [sim.state_of(step) for step in ("revert-install", "revert-frontend")] == ["running"] * 2
    sim.world.finish(PACKAGES)
    sim.world.finish(FRONTEND)
    for key in [key for key, result in sim.world.finished.items() if result is None or result.code]:
        script = FRONTEND if "frontend" in key else ""
        sim.world.finished[key] = sim.world.host_does(script, {"COMMIT": OLD})
    second_engine.start()
    sim.advance()
    assert sim.state == "rolled back"
    assert sim.restored
    assert set(sim.world.begun.values()) == {1}, f"started more than once: {sim.world.begun}"
    assert [attempt.attempt for attempt in sim.record.attempts if attempt.step.startswith("revert-")] == [1] * 4


def test_when_one_lane_fails_people_are_asked_and_the_other_lane_ends(sim: SimulatedRun) -> None:
    sim.world.hang(PACKAGES)
    sim.world.fail(FRONTEND)
    sim.roll_back()
    sim.advance(until=lambda: sim.state_of("revert-frontend") == AttemptState.FAILED)
    sim.advance(until=running(sim, "revert-install"))
    (waiting,) = waiting_for(sim.page, sim.record)
    assert (waiting.step, waiting.choices) == ("revert-frontend", ("again", "done", "skip"))
    sim.world.finish(PACKAGES)
    sim.advance(until=lambda: sim.state_of("revert-restart") == AttemptState.DONE)
    assert sim.state == "rolling back", "the rollback ended before both lanes were settled"
    skip_all(sim)
    assert sim.state == "rolled back"
    not_restored = rolled_back(sim).not_restored
    assert any("Revert frontend" in line and "(skip: it is checked tomorrow)" in line for line in not_restored), (
        not_restored
    )
    assert not any("restart" in line for line in not_restored), not_restored


def test_users_are_let_in_while_the_bot_still_checks_that_the_backend_stays_up(sim: SimulatedRun) -> None:
    # the service's start lies far ahead, so that the check does not end before the test moves the clock
    sim.world.on_host("now=%s", lambda _: ended("now=" + sim.world.service().replace("1.5", "-100000")))
    sim.roll_back()
    sim.advance(
        until=lambda: sim.state_of("verify-page") == sim.state_of("clean-up-after-rollback") == AttemptState.DONE
    )
    assert not sim.world.maintenance
    sim.advance(until=running(sim, "verify-steady"))
    assert sim.state == "rolling back", "the rollback ended before the check did"
    sim.world.clock.move(seconds=100005)
    sim.world.forget("now=%s")
    sim.advance()
    assert sim.state == "rolled back"


def test_a_rollback_does_not_end_while_the_backend_restarts_again_and_again(sim: SimulatedRun) -> None:
    def crash(_: object) -> CommandResult:
        sim.world.restarts += 1
        return ended(f"now={sim.world.service()}\n")

    sim.world.on_host("now=%s", crash)
    sim.roll_back()
    sim.advance(
        until=lambda: (
            sim.state_of("verify-steady") == AttemptState.FAILED and sim.state_of("verify-page") == AttemptState.DONE
        )
    )
    (waiting,) = waiting_for(sim.page, sim.record)
    assert (waiting.step, waiting.choices) == ("verify-steady", ("again", "done", "skip"))
    assert "it was started again" in sim.last("verify-steady").summary
    assert not sim.world.maintenance, "users are kept out although only people can fix this"
    assert not sim.record.last("notify-rollback"), "the rollback was announced as complete"
    skip_all(sim)
    assert any("stays up" in line for line in rolled_back(sim).not_restored)


def test_a_rollback_without_the_database_is_not_announced_as_complete(sim: SimulatedRun) -> None:
    sim.world.on_sql("016_ROLLBACK", Failed("cannot drop: locked"))
    sim.roll_back()
    skip_all(sim)
    (announced,) = [event.data for event in sim.events("ended") if event.step == "notify-rollback"]
    assert announced.summary.startswith(
        "❌ Rolled back, but NOT restored: “STEP 2: Rollback database” (Tech Lead must act)"
    )
    assert "COMPLETE" not in announced.summary
    assert "on_call" in announced.roles


def test_the_time_budget_continues_over_a_restart_and_each_mark_is_reported_once(
    sim: SimulatedRun, second_engine: Engine
) -> None:
    hang_in_both_lanes(sim)
    sim.world.clock.set_rate(1.0)
    sim.world.clock.move(minutes=8)
    sim.advance(until=lambda: bool(marks(sim)))
    sim.engine.stop()
    sim.world.clock.move(minutes=5)
    second_engine.start()
    sim.advance(until=lambda: len(marks(sim)) > 1)
    assert marks(sim) == [50, 80], "a mark was reported twice, or one that came due during the restart was lost"
    budget = sim.events("budget")[-1].data
    assert budget.roles == (sim.page.decision.role,)
    assert any("over its share of" in line for line in budget.doing), budget.doing

"""The watch after a rollback: whether the version that is back stays well, and whom it calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commands.ports.shell import CommandResult
from commands.progress.after_rollback import MARK, checks_after_rollback, restored_at
from commands.progress.step_state import AFTER_ROLLBACK
from commands.report.dora import deploy_of
from commands.report.report import build_report
from commands.report.status import Phase, status_of
from commands.run.engine import Engine
from commands.runbook.rollback_ends import RUNNING_AGAIN
from commands.signoff.waiting import waiting_for
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import AlreadyRunning
from state.records import AttemptState
from tests.production import answer, ended
from tests.simulated_run import STARTER, SimulatedRun, people, running

OF_THE_WATCH = {"api-response-time", "job-creation-by-users", "users-can-log-in", "database-size", "cpu-and-memory"}
OF_THE_ROLLBACK = {RUNNING_AGAIN, "verify-health", "verify-jobs", "verify-v2-route", "verify-page", "verify-steady"}


def watch_after(sim: SimulatedRun) -> None:
    """Roll back until the watch after it begins; that takes about a second then."""
    sim.world.clock.set_rate(12.0)
    sim.roll_back()
    sim.advance(until=running(sim, AFTER_ROLLBACK))


def phase(sim: SimulatedRun) -> Phase:
    return status_of(sim.page, sim.record, sim.world.clock.now()).phase


def moved(sim: SimulatedRun) -> list[Any]:
    """The moves to “rolled back” that are told."""
    return [event.data for event in sim.events("moved") if event.data.state == "rolled back"]


def crash_loop(sim: SimulatedRun) -> None:
    """The backend dies again and again."""

    def crash(_: object) -> CommandResult:
        sim.world.restarts += 1
        return ended(f"now={sim.world.service()}\n")

    sim.world.on_host("now=%s", crash)


def test_checks_that_fit_the_old_version_go_on_and_no_other(sim: SimulatedRun) -> None:
    watch_after(sim)
    sim.advance()
    began = next(one for one in sim.record.attempts if one.step == AFTER_ROLLBACK).began_at
    after = {one.step for one in sim.record.attempts if one.began_at > began}
    assert after == OF_THE_WATCH | {f"{step}{MARK}" for step in OF_THE_ROLLBACK}
    assert {one.state for one in sim.record.attempts if one.began_at > began} == {AttemptState.DONE}


def test_it_goes_on_for_the_page_s_time_and_then_the_run_ends(sim: SimulatedRun) -> None:
    watch_after(sim)
    assert (sim.state, phase(sim)) == ("rolling back", Phase.STILL_WATCHED)
    assert not waiting_for(sim.page, sim.record)
    assert moved(sim)[0].watch == "15 min"
    sim.advance()
    assert (sim.state, phase(sim)) == ("rolled back", Phase.ROLLED_BACK)
    first, last = moved(sim)
    assert (last.watched, last.checks, last.not_well) == (True, len(OF_THE_WATCH) + len(OF_THE_ROLLBACK), ())
    watched = sim.store.run(sim.run).ended_at - restored_at(sim.record)  # type: ignore[operator]
    assert watched >= timedelta(minutes=15) / sim.record.run.speed
    assert "“Verify: the backend stays up”" not in str(first.not_restored)


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_backend_that_dies_after_rolled_back_calls_people_and_the_end_says_so(sim: SimulatedRun) -> None:
    watch_after(sim)
    crash_loop(sim)
    sim.advance(until=lambda: bool(sim.events("bad")))
    failed = sim.events("bad")[0].data
    assert failed.title == "Verify: the backend stays up"
    assert failed.roles == ("tech_lead",)
    assert phase(sim) is Phase.NOT_WELL
    sim.advance()
    assert phase(sim) is Phase.NOT_WELL, "it did not recover, and the last word said that all is well"
    assert any("stays up" in one for one in moved(sim)[-1].not_well)


def test_a_backend_that_recovers_ends_well(sim: SimulatedRun) -> None:
    watch_after(sim)
    sim.world.clock.set_rate(2.0)  # on a busy machine the watch would be over before the test could act
    sim.world.on_web("GET api /api/health", answer(500, {}))
    sim.advance(until=lambda: bool(sim.events("bad")))
    sim.world._on["web"].clear()
    sim.advance()
    assert phase(sim) is Phase.ROLLED_BACK
    assert any("passes again" in event.data.summary for event in sim.events("recovered"))


def test_an_alert_only_calls_people_because_nothing_is_left_to_roll_back(sim: SimulatedRun) -> None:
    watch_after(sim)
    sim.world.on_web("GET api /api/jobs", answer(data=[], seconds=9.0))
    sim.advance()
    alerts = [event.data for event in sim.events("alert")]
    assert [(one.name, one.number) for one in alerts][:1] == [("API response > 5 seconds", 0)]
    assert alerts[0].roles == ("backend_lead", "on_call")
    assert not sim.events("countdown")
    assert sim.state == "rolled back"


def test_it_keeps_nobody_from_the_next_deploy(sim: SimulatedRun) -> None:
    watch_after(sim)
    sim.world.clock.set_rate(1.0)
    request = StartRequest(speed=50.0, places=sim.world.places)
    second = start(sim.store, sim.page, request, STARTER, people(sim.page), sim.world.clock.now())
    assert (sim.state, second.state) == ("rolled back", "going")
    assert (moved(sim)[-1].person, moved(sim)[-1].watched) == (STARTER.person, True)
    sim.advance(until=lambda: sim.run not in sim.engine._runners)


def test_while_it_rolls_back_no_other_run_starts(sim: SimulatedRun) -> None:
    sim.world.hang("FOLDER.next")
    sim.roll_back()
    sim.advance(until=running(sim, "revert-install"))
    with pytest.raises(AlreadyRunning):
        start(sim.store, sim.page, StartRequest(), STARTER, people(sim.page), sim.world.clock.now())
    assert sim.state == "rolling back"
    sim.world.finish("FOLDER.next")


def test_a_bot_that_is_killed_in_it_goes_on_watching(sim: SimulatedRun, second_engine: Engine) -> None:
    watch_after(sim)
    sim.engine.stop()
    before = len(sim.record.attempts)
    sim.world.clock.move(minutes=1)
    second_engine.start()
    sim.advance()
    assert len(sim.record.attempts) > before
    assert sim.state == "rolled back"
    assert not any(one.state == AttemptState.STOPPED for one in sim.record.attempts[before:])


def test_the_rollback_took_as_long_as_without_its_watch(sim: SimulatedRun) -> None:
    watch_after(sim)
    sim.advance()
    rollback, back = sim.record.rollback, restored_at(sim.record)
    assert rollback
    assert back
    assert deploy_of(sim.record).restored == back - rollback.at
    report = build_report(sim.page, sim.record, [], [], people={}, now=sim.world.clock.now())
    assert report.rollback_took == back - rollback.at
    after = [step.title for step in report.steps if step.part == "Watch after the rollback"]
    assert len(after) == len(OF_THE_WATCH) + len(OF_THE_ROLLBACK)
    assert not any(step.is_over for step in report.steps if step.part == "Watch after the rollback")


def test_a_page_that_names_no_time_watches_nothing_after_a_rollback(sim: SimulatedRun) -> None:
    page = replace(sim.page, runbook=sim.page.runbook.model_copy(update={"after_rollback": None}))
    assert checks_after_rollback(page, sim.record) == ()

"""A full disk on the bot's machine or a clock that jumps during a run: it continues."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.web import HttpRequest
from commands.progress.step_state import WATCH
from commands.run.context import ContextFactory
from commands.text.durations import format_duration
from state.records import RunState
from tests.simulated_run import SimulatedRun, running
from tests.state.sqlite.test_file import fill, make_room


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    """Option A, whose frontend build hangs."""
    sim = SimulatedRun(tmp_path)
    sim.world.hang("npm run build")
    sim.engine.start()
    sim.advance(until=running(sim, "frontend-build"))
    yield sim
    sim.close()


def test_the_end_of_a_step_waits_for_room_on_the_disk(sim: SimulatedRun, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    fill(sim.store)
    sim.world.finish("npm run build")
    sim.advance(until=lambda: "the result of frontend-build is not written yet" in caplog.text, sign=False)
    assert "Free space on the bot's disk" in caplog.text
    assert running(sim, "frontend-build")(), "an end was written although the disk is full"
    make_room(sim.store)
    sim.advance()
    assert sim.record.run.state == RunState.KEPT
    assert set(sim.world.begun.values()) == {1}, "a step was begun twice"


def test_a_step_whose_progress_cannot_be_written_does_not_fail(sim: SimulatedRun) -> None:
    contexts = ContextFactory(sim.store, sim.page, sim.run, sim.world.tools())
    fill(sim.store)
    contexts.context(sim.page.step("frontend-build"), 1, threading.Event()).on_output(f"{'x' * 200}\n" * 400)
    make_room(sim.store)
    sim.world.finish("npm run build")
    sim.advance()
    assert sim.record.run.state == RunState.KEPT


@pytest.mark.parametrize("hours", [-3, -26, 0.1])
def test_a_run_ends_well_although_the_clock_jumps_there_and_back(sim: SimulatedRun, hours: float) -> None:
    sim.world.clock.jump(hours=hours)
    if abs(hours) > 1:
        sim.advance(until=lambda: bool(sim.events("clock")))
        assert f"jumped {format_duration(abs(hours) * 3600)} back" in sim.events("clock")[0].data.summary
    sim.world.finish("npm run build")
    sim.advance(until=lambda: sim.record.last(WATCH) is not None)
    sim.world.clock.jump(hours=-hours)
    sim.advance()
    assert sim.record.run.state == RunState.KEPT
    assert set(sim.world.begun.values()) == {1}, "a step was begun twice"


def test_a_rollback_works_after_the_clock_jumped_back(sim: SimulatedRun) -> None:
    sim.world.clock.jump(hours=-5)
    sim.roll_back()
    sim.advance()
    assert sim.record.run.state == RunState.ROLLED_BACK


def test_a_clock_that_does_not_jump_is_not_reported(sim: SimulatedRun) -> None:
    sim.world.finish("npm run build")
    sim.advance()
    assert sim.events("clock") == []


def test_an_interrupted_repetition_of_the_smoke_tests_cleans_up_its_test_jobs(sim: SimulatedRun) -> None:
    tools, world = sim.world.tools(), sim.world
    job = {"projectId": 1, "jobTypeId": 3, "subject": f"Test Job - Normal (run {sim.run})"}
    # the bot is killed after this request
    tools.web.request("api", HttpRequest(path="/api/jobs", method="POST", json=job))
    step = sim.page.step("smoke-tests-again")
    ctx = ContextFactory(sim.store, sim.page, sim.run, tools).context(step, 1, threading.Event())
    outcome = step.box.recover(ctx)
    assert outcome is not None
    assert world.jobs == {}, f"a test job is left on production: {world.jobs}; {outcome.lines}"

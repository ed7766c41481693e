"""The smoke tests repeated in the watch: no old values, and no job left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from commands.ports.web import HttpRequest
from commands.run.context import ContextFactory
from commands.run.recovery import recover_after_crash
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.errors import LostTrack
from tests.production import answer
from tests.simulated_run import SimulatedRun

LOST = LostTrack("POST /api/jobs: “api” did not answer within 30 s.")


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    """Option A with its engine stopped, whose first smoke tests succeeded and are cleaned up."""
    sim = SimulatedRun(tmp_path)
    sim.engine.start()
    sim.advance(until=lambda: sim.record.last("test-5") is not None)
    sim.engine.stop()
    sim.world.calls.clear()
    yield sim
    sim.close()


def repeat(sim: SimulatedRun) -> Outcome:
    """Run the smoke tests again."""
    step = sim.page.step("smoke-tests-again")
    ctx = ContextFactory(sim.store, sim.page, sim.run, sim.world.tools()).context(step, 9, Event())
    return execute(step.box, ctx)


def lose_the_answer(sim: SimulatedRun, *, jobs: int) -> None:
    """Let test 2 create so many jobs and lose the answer to it."""

    def reply(call: HttpRequest) -> object:
        if "Normal" not in call.json["subject"]:
            return sim.world.web_says("api", call)
        for _ in range(jobs):
            sim.world._new_job(call.json)
        return LOST

    sim.world.on_web("^POST api /api/jobs$", reply)


def test_a_job_whose_answer_was_lost_is_found_used_and_deleted(sim: SimulatedRun) -> None:
    lose_the_answer(sim, jobs=1)
    outcome = repeat(sim)
    assert outcome.state == "done", outcome.lines
    assert sim.world.jobs == {}
    assert ("POST", "api", "/api/jobs/3/approve") in sim.world.calls, "an older job was approved, or none"


def test_if_it_is_unclear_which_job_was_created_all_of_them_are_deleted(sim: SimulatedRun) -> None:
    lose_the_answer(sim, jobs=2)
    outcome = repeat(sim)
    assert outcome.state == "failed"
    assert sim.world.jobs == {}, outcome.lines
    assert any(line.startswith("✓ Clean up") and "/api/jobs/4: 200" in line for line in outcome.lines), outcome.lines


def test_a_job_that_cannot_be_deleted_is_reported(sim: SimulatedRun) -> None:
    lose_the_answer(sim, jobs=2)
    sim.world.on_web("^DELETE", answer(500))
    (line,) = [line for line in repeat(sim).lines if "Clean up" in line]
    assert line.startswith(
        "✗ Clean up: delete the job of test 2: DELETE /api/jobs/4: Status 500 instead of 200, 204 or 404."
    )


def test_a_clean_up_without_its_input_says_so_and_never_deletes_a_job_of_the_first_time(sim: SimulatedRun) -> None:
    steps = tuple(
        replace(step, box=step.box.model_copy(update={"each": None})) if step.id == "clean-up" else step
        for step in sim.page.steps
    )
    sim.page = replace(sim.page, steps=steps)
    lose_the_answer(sim, jobs=2)
    (line,) = [line for line in repeat(sim).lines if "Clean up" in line]
    assert line.startswith("✗") and "<test_job> has no value" in line
    assert "What this step cleans up may still be there." in line
    assert not [path for method, _, path in sim.world.calls if method == "DELETE"]


def interrupted_at_test_2(sim: SimulatedRun, *, then: object = None) -> Outcome:
    """The outcome after a restart in the middle of test 2, whose job was created and which has no trace."""
    for step in sim.page.steps:
        if step.id == "test-2":
            steps = replace(step, box=step.box.model_copy(update={"trace": None}))
            sim.page = replace(sim.page, steps=tuple(steps if one.id == "test-2" else one for one in sim.page.steps))
    step = sim.page.step("smoke-tests-again")
    ctx = ContextFactory(sim.store, sim.page, sim.run, sim.world.tools()).context(step, 9, Event())
    created = HttpRequest(path="/api/jobs", json={"subject": "Test Job - Normal (run 1)", "jobTypeId": 5})
    sim.world._new_job(created.json)
    if then:
        sim.world.on_web("^POST api /api/jobs$", then)
    return recover_after_crash(step)(ctx)


def test_a_repetition_that_the_bots_end_cut_off_has_not_failed_and_is_cleaned_up(sim: SimulatedRun) -> None:
    outcome = interrupted_at_test_2(sim)
    assert (outcome.state, outcome.measures["failed"]) == ("done", 0), outcome.lines
    assert "The bot was restarted in the middle, so they were run again." in outcome.summary
    assert sim.world.jobs == {}


def test_a_repetition_that_fails_after_the_restart_too_has_failed(sim: SimulatedRun) -> None:
    assert interrupted_at_test_2(sim, then=answer(500)).state == "failed"

"""The smoke tests repeated in the watch: nothing of the first time is taken for what is made now, and no test job stays behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from commands.ports.web import HttpRequest
from commands.run.context import ContextFactory
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.errors import LostTrack
from tests.production import answer
from tests.show import Show

LOST = LostTrack("POST /api/jobs: “api” did not answer within 30 s.")


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """Option A, whose first smoke tests are done and cleaned up; nothing of it runs any more that makes jobs."""
    show = Show(tmp_path)
    show.engine.start()
    show.play(until=lambda: show.record.last("test-5") is not None)
    show.engine.stop()
    show.world.calls.clear()
    yield show
    show.close()


def repeated(show: Show) -> Outcome:
    """The outcome of the smoke tests made once more."""
    step = show.page.step("smoke-tests-again")
    context = ContextFactory(show.store, show.page, show.run, show.world.tools()).context(step, 9, Event())
    return execute(step.box, context)


def lose_the_answer(show: Show, *, made: int) -> None:
    """The answer to test 2 is lost, after so many jobs were made by it."""

    def reply(call: HttpRequest) -> object:
        if "Normal" not in call.json["subject"]:
            return show.world.web_says("api", call)
        for _ in range(made):
            show.world._new_job(call.json)
        return LOST

    show.world.on_web("^POST api /api/jobs$", reply)


def test_a_job_whose_answer_was_lost_is_looked_for_used_and_deleted(show: Show) -> None:
    lose_the_answer(show, made=1)
    found = repeated(show)
    assert found.state == "done", found.lines
    assert show.world.jobs == {}
    assert ("POST", "api", "/api/jobs/3/approve") in show.world.calls, "an older job was approved, or none"


def test_where_looking_does_not_tell_which_job_it_was_all_of_them_are_deleted(show: Show) -> None:
    lose_the_answer(show, made=2)
    found = repeated(show)
    assert found.state == "failed"
    assert show.world.jobs == {}, found.lines
    assert any(line.startswith("✓ Clean up") and "/api/jobs/4: 200" in line for line in found.lines), found.lines


def test_what_could_not_be_cleaned_up_is_told(show: Show) -> None:
    lose_the_answer(show, made=2)
    show.world.on_web("^DELETE", answer(500))
    (line,) = [line for line in repeated(show).lines if "Clean up" in line]
    assert line.startswith("✗ Clean up: delete the job of test 2: DELETE /api/jobs/4: Answered 500")


def test_a_clean_up_that_knows_nothing_to_delete_says_so_and_never_takes_the_job_of_the_first_time(show: Show) -> None:
    steps = tuple(
        replace(one, box=one.box.model_copy(update={"each": None})) if one.id == "clean-up" else one
        for one in show.page.steps
    )
    show.page = replace(show.page, steps=steps)
    lose_the_answer(show, made=2)
    (line,) = [line for line in repeated(show).lines if "Clean up" in line]
    assert line.startswith("✗") and "<test_job> is not known" in line
    assert "what this one cleans up may still be there" in line
    assert not [path for method, _, path in show.world.calls if method == "DELETE"]

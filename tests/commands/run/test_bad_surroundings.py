"""Bad surroundings while a run is under way: a full disk at the bot's machine, a clock that jumps. The run goes on from there."""

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
from tests.show import Show, running
from tests.state.sqlite.test_file import fill, make_room


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    show = Show(tmp_path)
    show.engine.start()
    yield show
    show.close()


def test_the_end_of_a_step_is_kept_until_the_full_disk_takes_it(show: Show, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    show.world.hang("npm run build")
    show.play(until=running(show, "frontend-build"))
    fill(show.store)
    show.world.finish("npm run build")
    show.play(until=lambda: "the end of frontend-build waits" in caplog.text, react=False)
    assert "Free space on the bot's disk" in caplog.text
    assert running(show, "frontend-build")(), "nothing was written, and nothing made up"
    make_room(show.store)
    show.play()
    assert show.record.run.state == RunState.KEPT
    assert set(show.world.begun.values()) == {1}, "no step was begun twice"


def test_output_that_cannot_be_shown_fails_no_step(show: Show) -> None:
    show.world.hang("npm run build")
    show.play(until=running(show, "frontend-build"))
    fill(show.store)
    maker = next(iter(show.engine._runners.values()))._maker
    maker.context(show.page.step("frontend-build"), 1, threading.Event()).on_output(f"{'x' * 200}\n" * 400)
    make_room(show.store)
    show.world.finish("npm run build")
    show.play()
    assert show.record.run.state == RunState.KEPT


@pytest.mark.parametrize("hours", [-3, -26, 0.1])
def test_a_clock_that_jumps_leaves_a_run_that_ends_well(show: Show, hours: float) -> None:
    show.world.hang("npm run build")
    show.play(until=running(show, "frontend-build"))
    show.world.clock.jump(hours=hours)
    if abs(hours) > 1:
        show.play(until=lambda: bool(show.events("clock")), seconds=5)
        assert f"went {format_duration(abs(hours) * 3600)} back" in show.events("clock")[0].data.summary
    show.world.finish("npm run build")
    show.play(until=lambda: show.record.last(WATCH) is not None)
    show.world.clock.jump(hours=-hours)
    show.play()
    assert show.record.run.state == RunState.KEPT
    assert set(show.world.begun.values()) == {1}


def test_a_rollback_works_after_the_clock_went_back(show: Show) -> None:
    show.world.hang("npm run build")
    show.play(until=running(show, "frontend-build"))
    show.world.clock.jump(hours=-5)
    show.roll_back()
    show.play()
    assert show.record.run.state == RunState.ROLLED_BACK


def test_a_clock_that_nobody_touches_is_never_told_of(show: Show) -> None:
    show.play()
    assert show.events("clock") == []


def test_a_repetition_of_the_smoke_tests_that_was_cut_cleans_up_what_it_left_behind(show: Show) -> None:
    tools, world = show.world.tools(), show.world
    made = {"projectId": 1, "jobTypeId": 3, "subject": f"Test Job - Normal (run {show.run})"}
    tools.web.request("api", HttpRequest(path="/api/jobs", method="POST", json=made))  # and there the bot was killed
    step = show.page.step("smoke-tests-again")
    found = step.box.recover(ContextFactory(show.store, show.page, show.run, tools).context(step, 1, threading.Event()))
    assert found is not None
    assert world.jobs == {}, f"a test job is left on production: {world.jobs}; {found.lines}"

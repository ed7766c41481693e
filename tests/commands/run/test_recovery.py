"""Recovery: what it finds out, how long it tries, and what stops it."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from commands.ports.shell import CommandResult
from commands.run import recovery
from commands.run.recovery import CANNOT_TELL, clean_up_after_run, recover_after_crash, resolve_unknown
from commands.runbook import Page
from commands.runbook.page import PageStep, Part
from commands.steps.outcome import Context, Outcome, done, failed, stopped, unknown
from state.errors import LostTrack, Refused, Unreachable
from state.records import AttemptState
from tests.commands.steps.builders import box, context
from tests.local_shell import LocalShell
from tests.pages import attempt_at, record, small
from tests.production import answer
from tests.world import World

PAGE = small()
LOST = unknown("The connection broke.")
AWAY = Unreachable("nobody listens there")


class FakeBox:
    """A step that recovers, one call after another, as the test says; an exception is raised."""

    def __init__(self, *answers: Outcome | Exception | None) -> None:
        self.answers = list(answers)
        self.lost: list[Outcome] = []

    def recover(self, ctx: Context) -> Outcome | None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def recover_lost_attempt(self, ctx: Context, lost: Outcome) -> Outcome | None:
        self.lost.append(lost)
        return self.recover(ctx)

    @property
    def step(self) -> PageStep:
        """A step of the page with this box."""
        return cast("PageStep", SimpleNamespace(box=self, part=Part.DEPLOY))


class Waits:
    """The context's stop event and clock: each wait lets a second pass, and after `stops_after` waits it is stopped."""

    def __init__(self, stops_after: int = 10_000) -> None:
        self.waited: list[float] = []
        self.shown: list[str] = []
        self.now = 1000.0
        self.stops_after = stops_after

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.now += seconds
        return self.is_set()

    def is_set(self) -> bool:
        return len(self.waited) >= self.stops_after

    def monotonic(self) -> float:
        return self.now

    @property
    def ctx(self) -> Context:
        """The context."""
        tools = SimpleNamespace(clock=self)
        return cast("Context", SimpleNamespace(stop=self, tools=tools, on_output=self.shown.append))


def test_an_interrupted_attempt_ends_as_recovery_says() -> None:
    assert recover_after_crash(FakeBox(done("it is there")).step)(Waits().ctx) == done("it is there")


def test_an_interrupted_attempt_is_unknown_if_recovery_cannot_tell() -> None:
    assert recover_after_crash(FakeBox(None).step)(Waits().ctx) == unknown(CANNOT_TELL)


def test_a_target_that_comes_back_within_a_minute_is_checked_again_each_second() -> None:
    waits = Waits()
    box = FakeBox(*[AWAY] * 60, done("it is there"))
    assert recover_after_crash(box.step)(waits.ctx) == done("it is there")
    assert waits.waited == [1.0] * 60


def test_a_target_that_stays_away_leaves_the_end_unknown_after_a_minute() -> None:
    waits = Waits()
    outcome = recover_after_crash(FakeBox(AWAY).step)(waits.ctx)
    assert outcome == unknown("It is unknown how this ended, and the bot cannot check it: nobody listens there")
    assert len(waits.waited) == recovery.PATIENCE + 1 == 61
    why = "How this ended could not be checked yet: nobody listens there"
    assert waits.shown[0].startswith(why), "people see it while it is waited for"


def test_a_stop_ends_the_wait_for_a_target_that_is_away() -> None:
    waits = Waits(stops_after=3)
    assert recover_after_crash(FakeBox(AWAY).step)(waits.ctx).state == AttemptState.UNKNOWN
    assert len(waits.waited) == 3


def test_a_lost_connection_is_resolved_by_the_recovery_of_the_lost_outcome() -> None:
    box = FakeBox(done("it is there"))
    assert resolve_unknown(box.step, Waits().ctx, LOST) == done("it is there")
    assert box.lost == [LOST]


def test_a_lost_connection_stays_unknown_if_recovery_cannot_tell() -> None:
    assert resolve_unknown(FakeBox(None).step, Waits().ctx, LOST) is LOST


@pytest.mark.parametrize("outcome", [done("ok"), failed("no")])
def test_a_known_outcome_needs_no_recovery(outcome: Outcome) -> None:
    assert resolve_unknown(FakeBox(AssertionError("recovered")).step, Waits().ctx, outcome) is outcome


def test_after_a_stop_nothing_is_recovered() -> None:
    assert resolve_unknown(FakeBox(AssertionError("recovered")).step, Waits(stops_after=0).ctx, LOST) is LOST


class CleaningUp:
    """A page whose steps note that they clean up; `fails` raise."""

    def __init__(self, *fails: str) -> None:
        self.cleaned: list[tuple[str, int]] = []
        self.fails = fails

    def context(self, step: PageStep, attempt: int, stop: threading.Event) -> Context:
        assert not stop.is_set()
        return cast("Context", (step.id, attempt))

    def clean_up_after_run(self, ctx: Any) -> None:
        if ctx[0] in self.fails:
            raise Refused(f"{ctx[0]} is still in use")
        self.cleaned.append(ctx)

    @property
    def page(self) -> Page:
        steps = [SimpleNamespace(id=step.id, box=self) for step in PAGE.steps]
        return replace(PAGE, steps=tuple(cast("list[PageStep]", steps)))


def test_when_a_run_is_over_its_succeeded_steps_clean_up() -> None:
    cleaning = CleaningUp()
    ended = record(
        attempt_at("ready", AttemptState.DONE),
        attempt_at("put-the-code-there", AttemptState.FAILED, 1),
        attempt_at("put-the-code-there", AttemptState.DONE, 2),
        attempt_at("health", AttemptState.STOPPED),
    )
    clean_up_after_run(cleaning.page, ended, cleaning.context)
    assert cleaning.cleaned == [("ready", 1), ("put-the-code-there", 2)]


def test_a_step_that_cannot_clean_up_is_logged_and_the_others_still_clean_up(caplog: pytest.LogCaptureFixture) -> None:
    cleaning = CleaningUp("ready")
    ended = record(attempt_at("ready", AttemptState.DONE), attempt_at("health", AttemptState.DONE))
    with caplog.at_level(logging.WARNING):
        clean_up_after_run(cleaning.page, ended, cleaning.context)
    assert cleaning.cleaned == [("health", 1)]
    assert "run 1: ready could not clean up: ready is still in use" in caplog.text


POST = """
web = "api"
path = "/api/jobs"
method = "POST"
status = 201
json = { jobTypeId = 5, subject = "x" }
every = "1 min"
"""


class GoneShell(LocalShell):
    """A shell whose job ended without a result, as when its host was restarted."""

    def run(self, *_: object, **__: object) -> CommandResult:
        raise LostTrack("The job is gone.")


COMMAND = 'host = "h"\ncommands = ["probe"]\nevery = "1 min"'


def check(kind: str, toml: str) -> PageStep:
    """A check of the watch."""
    return PageStep(id="check", title="The check", line=1, part=Part.WATCH, box=box(kind, toml))


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_check_that_the_bots_end_cut_off_is_made_again() -> None:
    world = World()
    outcome = recover_after_crash(check("http", POST))(context(world))
    assert outcome.state == "done", outcome.summary
    assert [method for method, _, _ in world.calls] == ["POST"]


def test_a_check_that_fails_when_it_is_made_again_has_failed() -> None:
    world = World()
    world.on_web("", answer(500))
    assert recover_after_crash(check("http", POST))(context(world)).state == "failed"


def test_a_check_whose_command_is_gone_does_not_count_and_calls_nobody() -> None:
    shell = GoneShell({})
    ctx = context(World(), shell=shell)
    shell.dead.add(ctx.key)
    outcome = recover_after_crash(check("run", COMMAND))(ctx)
    assert outcome == stopped("Not known: the bot was restarted during this check. The job is gone.")


def test_in_a_rollback_a_check_is_not_made_again() -> None:
    world = World()
    ctx = context(world)
    ctx.stop.set()
    assert recover_after_crash(check("http", POST))(ctx) == unknown(CANNOT_TELL)
    assert world.calls == []


def test_a_step_outside_the_watch_is_never_made_again() -> None:
    world = World()
    step = replace(check("http", POST.replace('every = "1 min"', "")), part=Part.SMOKE_TESTS)
    assert recover_after_crash(step)(context(world)) == unknown(CANNOT_TELL)
    assert world.calls == []

"""The end of a rollback: everything that was asked before must answer the same commit again."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest

from commands.ports.web import HttpResponse
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.steps.shared.running import Running
from commands.steps.shared.running_again import PATIENCE, RunningAgainStep
from state.errors import Unreachable
from tests.clock import Clock
from tests.commands.steps.builders import context
from tests.production import NEW, OLD, answer
from tests.world import World

STEP = RunningAgainStep(
    host="h",
    repository="$REPO",
    running=[Running(web=web, path="/v", field="commit") for web in ("one", "two")],
)


class Waits(Event):
    """Nobody stops the step; the World's clock moves only while it waits."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.move(seconds=timeout or 0)
        return False


def ended(*two: HttpResponse | Exception) -> tuple[Outcome, float]:
    """The outcome and the seconds it took, where `two` gives these answers, the last of them from then on."""
    world, answers = World(rate=0), list(two)
    world.on_web("GET one", answer(data={"commit": OLD}))
    world.on_web("GET two", lambda _: answers.pop(0) if len(answers) > 1 else answers[0])
    began = world.clock.monotonic()
    ctx = replace(context(world, {"running_before": OLD}), stop=Waits(world.clock))
    outcome = execute(STEP, ctx)
    return outcome, world.clock.monotonic() - began


@pytest.mark.fault("compared with itself")
def test_both_answer_what_they_answered_before() -> None:
    outcome, _ = ended(answer(data={"commit": OLD}))
    assert (outcome.state, outcome.compared) == (
        "done",
        ("/v on one answers 1111111111", "/v on two answers 1111111111"),
    )
    assert outcome.summary == "What ran before runs again: commit 1111111111 (/v on one, /v on two)."


def test_one_that_answers_another_commit_fails_the_step() -> None:
    outcome, took = ended(answer(data={"commit": NEW}))
    assert (outcome.state, outcome.compared) == ("failed", ())
    assert outcome.summary == "What ran before does not run again: /v on two answers 2222222222, and not 1111111111."
    assert took >= PATIENCE, "it may be about to restart"


@pytest.mark.fault("slow, taken for broken")
def test_a_service_that_still_starts_is_waited_for() -> None:
    starting = [answer(502), answer(503), answer(data={"commit": NEW})]
    outcome, _ = ended(*starting, answer(data={"commit": OLD}))
    assert outcome.state == "done", outcome.summary


@pytest.mark.parametrize(
    ("last", "why", "inconclusive"),
    [
        (answer(502), "it answers 502 instead of 200", False),
        (Unreachable("The bot found no route."), "The bot found no route", True),
    ],
)
def test_what_does_not_answer_is_not_known_and_no_failure_of_what_ran(
    last: HttpResponse | Exception, why: str, inconclusive: bool
) -> None:
    outcome, _ = ended(last)
    assert (outcome.state, outcome.inconclusive) == ("failed", inconclusive)
    assert outcome.summary.startswith("It is not known what runs")
    assert why in outcome.summary


def test_one_that_is_away_hides_neither_a_wrong_answer_of_another_nor_a_right_one() -> None:
    step = STEP.model_copy(update={"running": STEP.running[::-1]})
    for said, state, rest in (
        (OLD, True, "What else was asked answers 1111111111 as before (/v on one)."),
        (NEW, False, ""),
    ):
        world = World(rate=0)
        world.on_web("GET one", answer(data={"commit": said}))
        world.on_web("GET two", Unreachable("Host “two” is away."))
        ctx = replace(context(world, {"running_before": OLD}), stop=Waits(world.clock))
        outcome = execute(step, ctx)
        assert (outcome.state, outcome.inconclusive) == ("failed", state)
        wrong = (
            "" if state else "What ran before does not run again: /v on one answers 2222222222, and not 1111111111. "
        )
        assert outcome.summary == f"{wrong}It is not known what runs now: Host “two” is away. {rest}".strip()

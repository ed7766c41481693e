"""`repeat`: counts how many of the smoke tests pass when the watch runs them again."""

from __future__ import annotations

from dataclasses import replace

from commands.steps.base import execute
from commands.steps.outcome import Outcome, done, failed, unknown
from tests.commands.steps.builders import box, context, plan
from tests.world import World

REPEAT = 'part = "smoke tests"'
RESULTS = [("Test 1", done("ok")), ("Test 5", failed("no browser", measures={"unavailable": 1.0}))]


def test_steps_without_a_browser_are_left_out() -> None:
    outcome = execute(box("repeat", REPEAT), context(World(), rerun=RESULTS))
    assert outcome.state == "done"
    assert outcome.summary == "1 of 1 step passed; 1 left out, because the bot's machine has no browser."


def test_failed_steps_are_counted_and_listed() -> None:
    outcome = execute(box("repeat", REPEAT), context(World(), rerun=[*RESULTS, ("Test 2", failed("500"))]))
    assert (outcome.state, outcome.measures) == ("failed", {"failed": 1.0, "failed_share": 0.5})
    assert outcome.summary.startswith("1 of 2 steps passed;")
    assert outcome.lines == ("✓ Test 1: ok", "✗ Test 2: 500")


def test_an_interrupted_repetition_is_recovered() -> None:
    outcome = box("repeat", REPEAT).recover(context(World(), rerun=[("Test 1", done("ok"))]))
    assert (outcome.state, outcome.summary) == ("done", "1 of 1 step passed.")


def test_a_step_that_the_restart_made_unclear_is_no_failure_and_the_part_is_run_again() -> None:
    made: list[bool] = []

    def rerun(_: str, interrupted: bool) -> list[tuple[str, Outcome]]:
        made.append(interrupted)
        return [("Test 2", unknown("cannot tell") if interrupted else done("ok")), ("Clean up", done("ok"))]

    outcome = box("repeat", REPEAT).recover(replace(context(World()), rerun_part=rerun))
    assert made == [True, False], "what it made must be cleaned up before it runs again"
    assert (outcome.state, outcome.measures["failed"]) == ("done", 0)
    assert outcome.summary == (
        "2 of 2 steps passed. The bot was restarted in the middle, so they were run again. "
        "“Test 2” may have left something behind."
    )


def test_a_failure_that_recovery_saw_counts_and_nothing_is_run_again() -> None:
    made: list[bool] = []

    def rerun(_: str, interrupted: bool) -> list[tuple[str, Outcome]]:
        made.append(interrupted)
        return [("Test 2", failed("500"))]

    outcome = box("repeat", REPEAT).recover(replace(context(World()), rerun_part=rerun))
    assert (outcome.state, made) == ("failed", [True])


def test_the_plan_names_the_part() -> None:
    assert plan(box("repeat", REPEAT)).startswith("runs every step of “smoke tests” again")

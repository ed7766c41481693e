"""The context of an attempt: its values, key, files, progress and missing inputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from commands.run.context import ContextFactory, missing_input
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.base import page_value_types
from commands.steps.outcome import failed
from commands.steps.value_types import ValueType
from state.errors import BadRecord
from state.records import Attempt, AttemptState, RunState
from tests.commands.run.context_case import DEPLOY, PAGE, WHO, ContextCase
from tests.pages import NOON, fact, small


def test_the_values_are_the_runs_own_and_those_of_earlier_steps(context_case: ContextCase) -> None:
    assert context_case.context().values == {"ref": "v2", "run": "1", "countdown": "5"}
    context_case.done("ready", commit="abc", countdown="9")
    assert context_case.context().values == {"ref": "v2", "run": "1", "countdown": "9", "commit": "abc"}


def test_a_context_knows_which_values_are_numbers_by_their_types() -> None:
    number = '{ field = "id", type = "number" }'
    page = small(**{'path = "/health"\n': f'path = "/health"\nvalues = {{ job = {number}, name = "name" }}\n'})
    types = page_value_types({step.id: step.box for step in page.steps})
    assert types == {"job": ValueType.NUMBER, "name": ValueType.WORD}
    other = small(**{'path = "/jobs"\n': 'path = "/jobs"\nvalues = { job = { field = "id", type = "text" } }\n'})
    both = {step.id: step.box for step in page.steps} | {f"2-{step.id}": step.box for step in other.steps}
    assert page_value_types(both)["job"] is ValueType.TEXT, "the type that allows more must count"


def test_the_same_attempt_has_the_same_key_in_every_process(context_case: ContextCase) -> None:
    later = ContextFactory(context_case.store, PAGE, 1, context_case.world.tools()).context(DEPLOY, 2, Event())
    assert later.key == context_case.context(attempt=2).key == f"{context_case.run.key}/put-the-code-there/2"
    assert context_case.context(attempt=2).step_key == context_case.context(attempt=1).step_key


def test_a_context_knows_the_attempts_right_before_it_whose_end_is_unknown(context_case: ContextCase) -> None:
    states = [AttemptState.UNKNOWN, AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.UNKNOWN]
    for number, state in enumerate(states, start=1):
        context_case.store.begin_attempt(1, DEPLOY.id, number, NOON)
        context_case.store.end_attempt(1, Attempt(step=DEPLOY.id, attempt=number, state=state, began_at=NOON), NOON)
    keys = [context_case.context(attempt=number).key for number in (3, 4)]
    assert context_case.context(attempt=5).unsettled == dict.fromkeys(keys, True)
    assert context_case.context(attempt=3).unsettled == {}
    assert context_case.context(attempt=1).unsettled == {}


@pytest.mark.parametrize(("name", "same"), [("job", False), ("other", True)])
def test_an_attempt_before_a_step_made_its_value_anew_does_not_count(
    context_case: ContextCase, name: str, same: bool
) -> None:
    context_case.store.begin_attempt(1, "use-it", 1, NOON)
    lost = Attempt(step="use-it", attempt=1, state=AttemptState.UNKNOWN, began_at=NOON)
    context_case.store.end_attempt(1, lost, NOON)
    later = NOON + timedelta(minutes=1)
    context_case.store.begin_attempt(1, "ready", 1, later)
    values = {"values": {name: "8"}}
    made = Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=later, outcome=values)
    context_case.store.end_attempt(1, made, later)
    assert list(context_case.context("use-it", attempt=2).unsettled.values()) == [same]


def test_a_context_knows_its_step_its_run_and_how_to_be_stopped(context_case: ContextCase) -> None:
    ctx = context_case.context()
    assert (ctx.title, ctx.run, ctx.time_zone) == ("Put the code there", context_case.run, "Asia/Bangkok")
    assert ctx.stop is context_case.stop
    assert ctx.boxes == {step.id: step.box for step in PAGE.steps}
    assert ctx.tools.clock is context_case.world.clock


def test_a_step_began_with_its_first_attempt_or_begins_now(context_case: ContextCase) -> None:
    assert (context_case.context().began_at, context_case.context().stamp) == (context_case.world.clock.now(), "")
    context_case.done("ready")
    for attempt in (1, 2):
        context_case.store.begin_attempt(1, DEPLOY.id, attempt, NOON + timedelta(minutes=attempt))
    again = context_case.context(attempt=2)
    assert (again.began_at, again.stamp) == (NOON + timedelta(minutes=1), "20261123T120100Z")


def test_what_the_preflight_found_is_known_to_every_step(context_case: ContextCase) -> None:
    assert context_case.context().found_at_start == {}
    context_case.store.move_run(1, RunState.ABORTED, NOON)
    report = PreflightReport(kept=(("h $REPO v2", "abc"),))
    people = {role: frozenset({"U2"}) for role in PAGE.roles}
    later = start(context_case.store, PAGE, StartRequest(), WHO, people, NOON, report)
    factory = ContextFactory(context_case.store, PAGE, later.id, context_case.world.tools())
    assert factory.context(DEPLOY, 1, Event()).found_at_start == {"h $REPO v2": "abc"}


def test_files_are_kept_with_the_run(context_case: ContextCase) -> None:
    assert context_case.context().file("plan.sql") is None
    context_case.context().save_file("plan.sql", "SELECT 1")
    assert context_case.context(attempt=2).file("plan.sql") == context_case.store.file(1, "plan.sql") == "SELECT 1"


def test_the_progress_shown_is_the_last_5_lines_of_200_characters(context_case: ContextCase) -> None:
    context_case.store.begin_attempt(1, DEPLOY.id, 1, NOON)
    context_case.context().on_output("\n".join(str(number) * 300 for number in range(7)))
    (attempt,) = context_case.store.record(1).attempts
    assert attempt.progress == "\n".join(str(number) * 200 for number in range(2, 7))


def test_progress_that_cannot_be_written_is_left_out(
    context_case: ContextCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise BadRecord("the disk is full")

    ctx = context_case.context()
    monkeypatch.setattr(context_case.store, "show_progress", full)
    ctx.on_output("line")


def test_a_rollback_step_knows_what_the_steps_before_it_did_not_restore(context_case: ContextCase) -> None:
    page = small(
        **{
            'commands = ["undeploy"]': 'commands = ["undeploy"]\n```\n\n### Tell\n\n```toml run\nhost = "backend"\n'
            'commands = ["tell"]'
        }
    )
    context_case.done(DEPLOY.id)
    context_case.store.add_fact(1, fact("rollback"))
    context_case.store.move_run(1, RunState.ROLLING_BACK, NOON)
    context_case.store.begin_attempt(1, "put-the-old-code-back", 1, NOON)
    undone = Attempt(step="put-the-old-code-back", attempt=1, state=AttemptState.FAILED, began_at=NOON, summary="no")
    context_case.store.end_attempt(1, undone, NOON)
    factory = ContextFactory(context_case.store, page, 1, context_case.world.tools())
    assert list(factory.context(page.step("tell"), 1, Event()).not_restored.values()) == [
        "“Put the old code back” failed: no"
    ]
    assert factory.context(page.step("health"), 1, Event()).not_restored == {}


def test_a_measured_check_runs_under_its_own_title_and_key(context_case: ContextCase) -> None:
    title, outcome = context_case.context("ready").run_check("response-time")
    assert (title, outcome.state) == ("Response time", "done")
    assert context_case.world.calls[-1] == ("GET", "api", "/jobs")


def test_a_step_lacks_its_first_missing_input_by_name(context_case: ContextCase) -> None:
    use = PAGE.step("use-it")
    step = replace(use, box=use.box.model_copy(update={"path": "/<b>/<a>/<ref>"}))
    assert missing_input(step, context_case.context()) == failed(
        "<a> has no value, because the step that provides it did not succeed."
    )
    assert missing_input(DEPLOY, context_case.context()) is None

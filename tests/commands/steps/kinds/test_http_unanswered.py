"""`http` without an answer: a check fails; other requests are not sent again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.progress.step_state import WATCH
from commands.run.recovery import resolve_unknown
from commands.runbook.page import PageStep, Part
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from commands.watch.alerts import alerts_for_rollback
from commands.watch.verdicts import Verdict, check_verdicts
from state.errors import LostTrack, Unreachable
from state.records import AttemptState
from tests.commands.steps.builders import box, context
from tests.pages import record, row, small
from tests.production import answer
from tests.world import World

SMOKE = """
web = "api"
method = "POST"
path = "/api/jobs"
json = { jobTypeId = 3, subject = "Test 1" }
trace = { path = "/api/jobs", where = { subject = "Test 1" } }
status = 201
values = { job = "id" }
clean_up = "/api/jobs/<job>"
"""
CHECK = SMOKE + 'every = "15 min"\non_failure = "tell"\n'
LATE = "POST /api/jobs: “api” did not answer within 30 s."
PAGE = small(
    **{
        '```toml http\nweb = "api"\npath = "/jobs"\nevery': f"```toml http{SMOKE}every",
        'measure = "seconds"\nabove = 5.0\nwarn_above = 1.0': 'measure = "failed"\nabove = 0.1',
    }
)


def hanging(*listed: dict[str, Any]) -> World:
    """A World in which creating a job is never answered, and the list has these jobs."""
    world = World()
    world.on_web("^POST", LostTrack(LATE))
    world.on_web("^GET", answer(data=list(listed)))
    world.jobs = {job["id"]: job["subject"] for job in listed}
    return world


def run_and_resolve(world: World, toml: str) -> Outcome:
    """The outcome of the step, after the runner has tried to resolve an unknown one."""
    step = PageStep(id="step", title="The step", line=1, part=Part.WATCH, box=box("http", toml))
    ctx = context(world)
    return resolve_unknown(step, ctx, execute(step.box, ctx))


def posts(world: World) -> int:
    return [call[0] for call in world.calls].count("POST")


OURS, A_USERS = {"id": 7, "subject": "Test 1"}, {"id": 6, "subject": "A user's"}


@pytest.mark.parametrize(
    ("listed", "summary"),
    [
        ([], "It created no entry so far. If one appears later, delete it by hand."),
        ([OURS, A_USERS], "It created an entry, which was deleted."),
        ([OURS, OURS | {"id": 8}, A_USERS], "2 entries match its `trace`, so none was deleted. Delete them by hand."),
    ],
)
def test_a_check_without_an_answer_has_failed_and_deletes_what_it_created(
    listed: list[dict[str, Any]], summary: str
) -> None:
    world = hanging(*listed)
    outcome = run_and_resolve(world, CHECK)
    assert (outcome.state, outcome.inconclusive, outcome.measures["failed"]) == ("failed", False, 1)
    assert outcome.summary == f"{LATE} {summary}"
    assert posts(world) == 1
    assert (7 in world.jobs) == (len(listed) == 3), "a single entry is ours and is deleted; of two, one may be a user's"
    assert 6 in world.jobs or A_USERS not in listed


def test_a_check_has_failed_even_if_the_list_cannot_be_read() -> None:
    for list_answer in (Unreachable("It cannot be reached."), answer(text="<html>"), LostTrack("no answer")):
        world = hanging()
        world.on_web("^GET", list_answer)
        outcome = run_and_resolve(world, CHECK)
        assert (outcome.state, outcome.measures["failed"]) == ("failed", 1)
        assert "It is not known whether it created an entry: " in outcome.summary


def test_a_check_without_a_trace_fails_at_once() -> None:
    world = hanging(OURS)
    outcome = run_and_resolve(world, 'web = "api"\npath = "/api/login"\nmethod = "POST"\nevery = "30 min"')
    assert (outcome.state, outcome.summary, outcome.measures["failed"]) == ("failed", LATE, 1)
    assert len(world.calls) == 1


def test_two_such_samples_raise_the_alert() -> None:
    step = PAGE.step("response-time")
    samples = []
    for attempt in (1, 2):
        ctx = context(hanging())
        outcome = resolve_unknown(step, ctx, execute(step.box, ctx))
        samples.append(replace(row(step.id, outcome.state, attempt, after=15 * attempt), outcome=outcome.as_data()))
    watched = record(row(WATCH, AttemptState.RUNNING), *samples)
    assert [raised.level for raised in alerts_for_rollback(PAGE, watched)] == ["alert"]
    assert [probe.verdict for probe in check_verdicts(PAGE, watched)] == [Verdict.BAD]


def test_a_step_is_not_sent_again_while_its_request_may_still_arrive() -> None:
    world = hanging()
    outcome = run_and_resolve(world, SMOKE)
    assert (outcome.state, outcome.measures["failed"]) == ("unknown", 1)
    assert outcome.summary == f"{LATE} It is not listed yet and may still arrive. Check before you send it again."
    assert posts(world) == 1


def test_an_entry_shows_that_the_request_was_served_and_the_wait_is_its_time() -> None:
    world = hanging(OURS)
    step = box("http", SMOKE)
    lost = Outcome(state=AttemptState.UNKNOWN, summary=LATE, measures={"seconds": 30.2, "failed": 1.0})
    outcome = step.recover_lost_attempt(context(world), lost)
    assert (outcome.state, outcome.measures) == ("done", {"seconds": 30.2, "failed": 0})
    assert outcome.summary == f"{LATE} The request was served: its entry exists"
    assert world.jobs == {}
    assert posts(world) == 0


def test_after_a_crash_no_response_time_is_measured() -> None:
    outcome = box("http", SMOKE).recover(context(hanging(OURS)))
    assert (outcome.state, outcome.measures) == ("done", {"failed": 0})
    assert outcome.summary == (
        "The bot was interrupted here, so the response time is not known. The request was served: its entry exists"
    )

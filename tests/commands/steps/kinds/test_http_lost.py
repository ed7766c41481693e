"""A POST that outlasts its limit: a check of the watch has failed by it and cleans up; elsewhere it is looked for and not sent again."""

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
from tests.commands.steps.making import box, context
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
    """A World whose job creation never answers, and whose list shows these jobs."""
    world = World()
    world.on_web("^POST", LostTrack(LATE))
    world.on_web("^GET", answer(data=list(listed)))
    world.jobs = {one["id"]: one["subject"] for one in listed}
    return world


def ended(world: World, toml: str) -> Outcome:
    """How an act ends, after it was looked into as the runner does."""
    step = PageStep(id="step", title="The step", line=1, part=Part.WATCH, box=box("http", toml))
    ctx = context(world)
    return resolve_unknown(step, ctx, execute(step.box, ctx))


def posts(world: World) -> int:
    return [call[0] for call in world.calls].count("POST")


ONE, OTHER = {"id": 7, "subject": "Test 1"}, {"id": 6, "subject": "A user's"}


@pytest.mark.parametrize(
    ("listed", "summary"),
    [
        ([], "It made nothing that is listed yet; what turns up later must be deleted by hand."),
        ([ONE, OTHER], "What it made all the same was deleted."),
        ([ONE, ONE | {"id": 8}, OTHER], "2 entries look like what it made, so none was deleted; delete them by hand."),
    ],
)
def test_a_check_that_nobody_answers_has_failed_whatever_it_made(listed: list[dict[str, Any]], summary: str) -> None:
    world = hanging(*listed)
    found = ended(world, CHECK)
    assert (found.state, found.inconclusive, found.measures["failed"]) == ("failed", False, 1)
    assert found.summary == f"{LATE} {summary}"
    assert posts(world) == 1
    assert (7 in world.jobs) == (len(listed) == 3), "one job is ours and goes; of two nobody knows whose they are"
    assert 6 in world.jobs or OTHER not in listed


def test_a_check_has_failed_also_where_nobody_can_look_for_what_it_made() -> None:
    for trouble in (Unreachable("It cannot be reached."), answer(text="<html>"), LostTrack("no answer")):
        world = hanging()
        world.on_web("^GET", trouble)
        found = ended(world, CHECK)
        assert (found.state, found.measures["failed"]) == ("failed", 1)
        assert "Whether it made something is not known" in found.summary


def test_a_check_without_a_trace_has_failed_at_once() -> None:
    world = hanging(ONE)
    found = ended(world, 'web = "api"\npath = "/api/login"\nmethod = "POST"\nevery = "30 min"')
    assert (found.state, found.summary, found.measures["failed"]) == ("failed", LATE, 1)
    assert len(world.calls) == 1


def test_two_such_looks_raise_the_alert() -> None:
    step = PAGE.step("response-time")
    looks = []
    for attempt in (1, 2):
        ctx = context(hanging())
        found = resolve_unknown(step, ctx, execute(step.box, ctx))
        looks.append(replace(row(step.id, found.state, attempt, after=15 * attempt), outcome=found.as_data()))
    of = record(row(WATCH, AttemptState.RUNNING), *looks)
    assert [raised.level for raised in alerts_for_rollback(PAGE, of)] == ["alert"]
    assert [probe.verdict for probe in check_verdicts(PAGE, of)] == [Verdict.BAD]


def test_elsewhere_it_is_not_sent_again_while_it_may_be_on_its_way() -> None:
    world = hanging()
    found = ended(world, SMOKE)
    assert (found.state, found.measures["failed"]) == ("unknown", 1)
    assert found.summary == f"{LATE} It is not listed, and may come yet: look before you send it again."
    assert posts(world) == 1


def test_elsewhere_its_entry_tells_that_it_was_served_and_how_long_was_waited() -> None:
    world = hanging(ONE)
    step = box("http", SMOKE)
    lost = Outcome(state=AttemptState.UNKNOWN, summary=LATE, measures={"seconds": 30.2, "failed": 1.0})
    found = step.recover_lost(context(world), lost)
    assert (found.state, found.measures) == ("done", {"seconds": 30.2, "failed": 0})
    assert found.summary == f"It was served, as its entry shows, though {LATE.rstrip('.')}"
    assert world.jobs == {}
    assert posts(world) == 0


def test_after_a_crash_how_long_it_took_is_not_made_up() -> None:
    found = box("http", SMOKE).recover(context(hanging(ONE)))
    assert (found.state, found.measures) == ("done", {"failed": 0})
    assert "how long it took is not known" in found.summary

"""The kinds that only look: `query`, `metrics`, `browser`, `repeat`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from commands.ports.database import Rows
from commands.steps.base import execute
from commands.steps.outcome import done, failed
from state.errors import Failed
from tests.commands.steps.making import box, context, plan
from tests.local_shell import LocalShell
from tests.production import rows
from tests.world import World

BROWSER = 'web = "app"\npath = "/admin"\nsees = ["Job Type"]\nforbid = ["approval-templates"]'


def test_a_query_is_planned_measured_and_held_to_its_limits() -> None:
    step = box("query", 'database = "db"\nsql = "SELECT 42"\nmeasure = "jobs"\nat_least = 1\nat_most = 50')
    assert plan(step) == "on db: SELECT 42 (at least 1.0, at most 50.0)"
    world = World()
    found = execute(step, context(world))
    assert (found.state, found.measures["jobs"], found.measures["failed"]) == ("done", 42, 0)
    world.on_sql("", rows(51))
    found = execute(step, context(world))
    assert found.state == "failed"
    assert found.summary == "jobs is 51, expected at most 50."


def test_a_query_that_the_database_refuses_is_measured_as_failed() -> None:
    world = World()
    world.on_sql("", Failed("relation approval_flows does not exist"))
    found = execute(box("query", 'database = "db"\nsql = "SELECT 1"'), context(world))
    assert (found.state, found.measures["failed"]) == ("failed", 1)


SHARE = 'database = "db"\nsql = "SELECT avg(bad) AS failed_share, count(*) AS requests FROM job_requests"\nmeasure = "failed_share"'


def test_further_columns_of_a_query_are_measured_under_their_own_names() -> None:
    world = World()
    world.on_sql("", Rows(columns=("failed_share", "requests"), rows=((Decimal("0.02"), 214),)))
    found = execute(box("query", SHARE), context(world))
    assert (found.measures["failed_share"], found.measures["requests"], found.measures["failed"]) == (0.02, 214, 0)
    assert found.summary.startswith("failed_share is 0.02, requests is 214 (")


def test_an_average_over_nothing_measures_how_little_there_was_and_no_share() -> None:
    world = World()
    world.on_sql("", Rows(columns=("failed_share", "requests"), rows=((None, 0),)))
    found = execute(box("query", SHARE), context(world))
    assert found.measures.keys() == {"requests", "failed", "seconds"}
    assert found.measures["requests"] == 0


@pytest.mark.parametrize("cell", [float("nan"), float("-inf"), Decimal("NaN"), Decimal("1e400")])
@pytest.mark.parametrize("limits", ["", "\nat_least = 0", "\nexpect = 'nan'"])
def test_what_is_no_finite_number_tells_nothing_whatever_the_limits(cell: float | Decimal, limits: str) -> None:
    world = World()
    world.on_sql("", Rows(columns=("failed_share", "requests", "odd"), rows=((cell, 214, float("inf")),)))
    found = execute(box("query", SHARE + limits), context(world))
    assert (found.state, found.inconclusive) == ("failed", True)
    assert found.measures.keys() == {"requests", "failed", "seconds"}, "no alert and no chart is handed it"
    assert found.measures["failed"] == 0, "the query itself did not fail"
    assert found.summary.startswith(f"failed_share is {cell}, which is no number to judge by")


@pytest.mark.parametrize("names", [("failed",), ("seconds",), ("failed_share",), ("count", "count")])
def test_a_column_that_would_be_taken_for_another_measure_is_named(names: tuple[str, ...]) -> None:
    world = World()
    world.on_sql("", Rows(columns=("avg", *names), rows=((0.5, *(1 for _ in names)),)))
    found = execute(box("query", SHARE), context(world))
    assert (found.state, found.inconclusive, found.measures) == ("failed", True, {})
    assert f"“{names[-1]}”" in found.summary


def test_metrics_say_of_what_they_are() -> None:
    step = box("metrics", 'host = "h"\nsamples = 2\napart = "0.1 s"')
    assert "sleep 0.1" in plan(step)
    found = execute(step, context(World(), shell=LocalShell({})))
    assert found.state == "done", found.lines
    assert 0 <= found.measures["cpu"] <= 100
    assert 0 < found.measures["memory"] < 100
    assert "% of the host (mean of 2 samples" in found.summary


def test_metrics_are_the_mean_of_the_samples() -> None:
    found = execute(box("metrics", 'host = "h"\nsamples = 4'), context(World()))
    assert found.measures == {"cpu": pytest.approx(20), "memory": pytest.approx(25)}


def test_the_browser_names_what_is_missing_and_what_is_asked_for() -> None:
    world = World()
    step = box("browser", BROWSER)
    assert "must see Job Type" in plan(step)
    assert execute(step, context(world)).state == "done"
    world.seen = replace(world.seen, missing=("Job Type",), bad_answers=("404 /api/approval-templates",))
    found = execute(step, context(world))
    assert found.state == "failed"
    assert found.lines == (
        "“Job Type” is not visible",
        "bad answer: 404 /api/approval-templates",
        "“approval-templates” is asked for",
    )


def test_a_machine_without_a_browser_asks_a_person() -> None:
    world = World()
    world.no_browser = "playwright is not installed"
    found = execute(box("browser", BROWSER), context(world))
    assert (found.state, found.measures) == ("failed", {"unavailable": 1.0})
    assert found.summary.endswith("open the page and answer.")


def test_a_repetition_counts_what_passed_and_leaves_the_missing_browser_out() -> None:
    step = box("repeat", 'part = "smoke tests"')
    results = [("Test 1", done("ok")), ("Test 5", failed("no browser", measures={"unavailable": 1.0}))]
    found = execute(step, context(World(), repeated=results))
    assert (found.state, found.summary) == ("done", "1 of 1 steps passed, 1 left out (no browser here).")
    found = execute(step, context(World(), repeated=[*results, ("Test 2", failed("500"))]))
    assert (found.state, found.measures) == ("failed", {"failed": 1.0, "failed_share": 0.5})

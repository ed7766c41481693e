"""`query`: measures its first row, and compares the first cell with its limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commands.ports.database import Rows
from commands.steps.base import Verify, execute
from commands.steps.outcome import Outcome
from commands.steps.shared.verify_queries import ask_queries
from commands.text.page_rules import stored_page
from state.errors import Failed, Unreachable
from tests.commands.steps.builders import box, context, plan
from tests.production import rows
from tests.world import World

SHARE = """
database = "db"
sql = "SELECT avg(bad) AS failed_share, count(*) AS requests FROM job_requests"
measure = "failed_share"
"""


def run_share(columns: tuple[str, ...], row: tuple[object, ...], more: str = "") -> Outcome:
    """The outcome of the query for a failed share, if the database returns this row."""
    world = World()
    world.on_sql("", Rows(columns=columns, rows=(row,)))
    return execute(box("query", SHARE + more), context(world))


def test_a_query_is_measured_and_compared_with_its_limits() -> None:
    step = box("query", 'database = "db"\nsql = "SELECT 42"\nmeasure = "jobs"\nat_least = 1\nat_most = 50')
    world = World()
    outcome = execute(step, context(world))
    assert (outcome.state, outcome.measures["jobs"], outcome.measures["failed"]) == ("done", 42, 0)
    world.on_sql("", rows(51))
    outcome = execute(step, context(world))
    assert outcome.state == "failed"
    assert outcome.summary == "jobs is 51, expected at most 50."


def test_the_plan_shows_the_query_and_its_limits() -> None:
    step = box("query", 'database = "db"\nsql = "SELECT 42"\nat_least = 1\nat_most = 50')
    assert plan(step) == "on db: SELECT 42 (at least 1, at most 50)"


def test_limits_that_no_value_could_keep_are_refused_but_not_for_a_run_that_has_them() -> None:
    step = 'database = "db"\nsql = "SELECT 42"\nat_least = 3\nat_most = 2'
    with pytest.raises(ValueError, match="at_least is above at_most, so no value could be within both"):
        box("query", step)
    with stored_page():
        assert execute(box("query", step), context(World())).summary == "value is 42, expected at most 2."


@pytest.mark.parametrize(
    ("limit", "shown"), [("at_most = 1000000", "expected at most 1000000"), ("at_least = 2e7", "at least 20000000")]
)
def test_a_large_limit_is_shown_without_an_exponent(limit: str, shown: str) -> None:
    world = World()
    world.on_sql("", rows(5_000_000.0))
    outcome = execute(box("query", f'database = "db"\nsql = "SELECT 1"\n{limit}'), context(world))
    assert outcome.state == "failed"
    assert outcome.summary.startswith("value is 5000000, expected")
    assert shown in outcome.summary


def test_a_value_other_than_the_expected_one_fails() -> None:
    world = World()
    world.on_sql("", rows("on"))
    step = box("query", 'database = "db"\nsql = "SELECT state"\nexpect = "off"')
    assert execute(step, context(world)).summary == "value is on, expected off."


def test_a_query_that_the_database_refuses_is_measured_as_failed() -> None:
    world = World()
    world.on_sql("", Failed("relation approval_flows does not exist"))
    outcome = execute(box("query", 'database = "db"\nsql = "SELECT 1"'), context(world))
    assert (outcome.state, outcome.measures["failed"]) == ("failed", 1)


def test_an_unreachable_database_measures_nothing() -> None:
    world = World()
    world.on_sql("", Unreachable("The database cannot be reached."))
    outcome = execute(box("query", 'database = "db"\nsql = "SELECT 1"'), context(world))
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})


def test_further_columns_are_measured_under_their_own_names() -> None:
    outcome = run_share(("failed_share", "requests"), (Decimal("0.02000000"), 214))
    assert (outcome.measures["failed_share"], outcome.measures["requests"], outcome.measures["failed"]) == (
        0.02,
        214,
        0,
    )
    assert outcome.summary.startswith("failed_share is 0.02, requests is 214 (")


def test_an_average_of_no_rows_measures_the_number_of_rows_and_no_share() -> None:
    outcome = run_share(("failed_share", "requests"), (None, 0))
    assert outcome.measures.keys() == {"requests", "failed", "seconds"}
    assert outcome.measures["requests"] == 0


@pytest.mark.parametrize("cell", [float("nan"), float("-inf"), Decimal("NaN"), Decimal("1e400")])
@pytest.mark.parametrize("limits", ["", "\nat_least = 0", "\nexpect = 'nan'"])
def test_nan_and_infinity_are_inconclusive_whatever_the_limits(cell: float | Decimal, limits: str) -> None:
    outcome = run_share(("failed_share", "requests", "odd"), (cell, 214, float("inf")), limits)
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert outcome.measures.keys() == {"requests", "failed", "seconds"}, "an alert or a chart would get it"
    assert outcome.measures["failed"] == 0, "the query itself did not fail"
    assert outcome.summary.startswith(f"failed_share is {cell}, which cannot be compared")


@pytest.mark.parametrize("names", [("failed",), ("seconds",), ("failed_share",), ("count", "count")])
def test_a_column_with_the_name_of_another_measure_is_refused(names: tuple[str, ...]) -> None:
    outcome = run_share(("avg", *names), (0.5, *(1 for _ in names)))
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})
    assert f"“{names[-1]}”" in outcome.summary
    assert outcome.summary.endswith("Rename it with AS.")


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(
    ("sql", "cells", "summary"),
    [
        ("SELECT state FROM parts", ("ok", "broken", "ok", "gone"), "value is broken, expected ok (2 of 4 rows)."),
        ("SELECT state FROM parts", ("ok", None), "value is None, expected ok (1 of 2 rows)."),
        ("SELECT state FROM parts", ("ok", "ok"), ""),
        ("SELECT state FROM parts ORDER BY at DESC", ("ok", "broken"), ""),
    ],
)
def test_each_row_must_be_right_unless_the_query_says_which_is_the_first(
    sql: str, cells: tuple[str | None, ...], summary: str
) -> None:
    world = World()
    world.on_sql("", Rows(columns=("state",), rows=tuple((cell,) for cell in cells)))
    step = f'database = "db"\nsql = "{sql}"\nexpect = "ok"'
    outcome = execute(box("query", step), context(world))
    assert (outcome.state, outcome.summary if summary else "") == ("failed" if summary else "done", summary)
    asked = ask_queries(context(world), "db", [Verify(sql=sql, expect="ok", says="state")])
    assert asked[0] == (0 if summary else 1), asked
    if summary:
        assert asked[1] == (
            f"state: {summary.removeprefix('value is ').rstrip('.')}".replace(", expected", " instead of"),
        )


@pytest.mark.fault("the first of several for all")
def test_the_other_columns_are_those_of_the_row_that_is_wrong() -> None:
    world = World()
    world.on_sql("", Rows(columns=("state", "age"), rows=(("ok", 1), ("broken", 70), ("ok", 2))))
    step = 'database = "db"\nsql = "SELECT state, age FROM parts"\nexpect = "ok"'
    outcome = execute(box("query", step), context(world))
    assert (outcome.measures["age"], "age is 70" in outcome.summary) == (70, True), outcome.summary

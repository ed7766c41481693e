"""`sql`: applies a file once, and believes only the verify queries."""

from __future__ import annotations

from commands.ports.preflight import WARN, PreflightContext
from commands.steps.base import execute
from commands.steps.kinds.sql import FileCanBeApplied
from state.errors import Failed, LostTrack, Stopped
from tests.commands.steps.builders import box, context, plan
from tests.production import FORWARD_SQL, rows
from tests.world import World

FILE = "016_forward.sql"
SQL = """
database = "db"
file = "016_forward.sql"
verify = [
    { says = "V1 columns", sql = "SELECT count(*) FROM c WHERE attname IN ('a')", expect = 4 },
    { says = "V2 tables", sql = "SELECT count(*) FROM t WHERE relname IN ('b')", expect = 0 },
]
"""
FILES = {FILE: FORWARD_SQL}


def test_the_plan_shows_the_queries_before_the_file_and_the_queries_after() -> None:
    text = plan(box("sql", SQL)).splitlines()
    assert text[0].endswith("(nothing is run if 4)")
    assert text[2] == f"on db: {FILE}, in one transaction with its receipt, waiting at most 5 s for locks"
    assert text[4].endswith("(expects 0)")


def test_the_file_is_applied_and_verified() -> None:
    world = World()
    outcome = execute(box("sql", SQL), context(world, files=FILES))
    assert (outcome.state, outcome.lines) == ("done", ("V1 columns: 4 ✓", "V2 tables: 0 ✓")), outcome.summary
    assert outcome.summary == "016_forward.sql was applied in 400 ms; every verify query passed."
    assert world.applied == {"run-1/step": 1}


def test_a_file_that_is_already_applied_is_not_run() -> None:
    world = World()
    world.forward = True
    outcome = execute(box("sql", SQL), context(world, files=FILES))
    assert (outcome.state, outcome.summary) == ("done", "Already applied; nothing was run.")
    assert not world.applied


def test_a_second_attempt_uses_the_same_receipt() -> None:
    world = World()
    execute(box("sql", SQL), context(world, files=FILES))
    world.forward = False
    outcome = execute(box("sql", SQL), context(world, files=FILES, attempt=2))
    assert outcome.summary == "016_forward.sql was applied, but V1 columns: 0 instead of 4."
    assert world.applied == {"run-1/step": 1}, "the file was applied twice in one run"


def test_a_file_that_an_earlier_attempt_applied_is_reported_as_such() -> None:
    world = World()
    world.forward, world.applied["run-1/step"] = True, 1
    columns = iter([rows(0), rows(4)])
    world.on_sql("attname IN", lambda _: next(columns))
    outcome = execute(box("sql", SQL), context(world, files=FILES, attempt=2))
    assert outcome.summary == "016_forward.sql had already been applied by this run; every verify query passed."


def test_an_error_fails_the_step_with_the_database_message() -> None:
    world = World()
    world.on_sql(FILE, Failed("Line 7: relation does not exist; nothing was applied.", "DROP TABLE nothing"))
    outcome = execute(box("sql", SQL), context(world, files=FILES))
    assert (outcome.state, outcome.summary) == ("failed", "Line 7: relation does not exist; nothing was applied.")
    assert outcome.lines == ("DROP TABLE nothing",)


def test_a_partial_result_is_a_failure() -> None:
    world = World()
    world.on_sql("attname IN", rows(3))
    outcome = execute(box("sql", SQL), context(world, files=FILES))
    assert outcome.state == "failed"
    assert "V1 columns: 3 instead of 4" in outcome.summary


def test_a_file_with_its_own_commit_is_refused_before_anything_runs() -> None:
    world = World()
    outcome = execute(box("sql", SQL), context(world, files={FILE: "SELECT 1;\nCOMMIT;\n"}))
    assert outcome.state == "failed"
    assert outcome.summary.startswith(f"{FILE} line 2:")
    assert not world.applied


def test_a_file_that_the_release_step_did_not_store_is_named() -> None:
    outcome = execute(box("sql", SQL), context(World(), files={}))
    assert outcome.summary == f"This run has not stored {FILE}. Add it to `files` of the release step."


def test_a_file_that_no_host_gave_is_said_not_to_be_looked_at() -> None:
    ctx = PreflightContext(tools=World().tools(), ref="main")
    (result,) = FileCanBeApplied(database="db", file="migrations/7.sql").run_preflight(ctx)
    assert (result.level, result.summary) == (
        WARN,
        "7.sql was not checked, because the release step's host did not give it",
    )


def test_a_person_can_stop_it() -> None:
    world = World()
    world.on_sql(FILE, Stopped("Cancelled and rolled back."))
    assert execute(box("sql", SQL), context(world, files=FILES)).state == "stopped"


def test_after_a_crash_the_file_is_applied_exactly_once() -> None:
    step, world = box("sql", SQL), World()
    assert step.recover(context(world, files=FILES)).state == "done"
    assert step.recover(context(world, files=FILES)).state == "done"
    assert world.applied == {"run-1/step": 1}
    world.on_sql("attname IN", rows(3))
    assert "was applied, but V1 columns: 3" in step.recover(context(world, files=FILES)).summary
    assert world.applied == {"run-1/step": 1}, "the file was applied twice"


def test_after_a_crash_without_a_receipt_the_verify_queries_decide() -> None:
    step, world = box("sql", f"{SQL}receipt = false\n"), World()
    assert step.recover(context(world, files=FILES)).state == "done"
    assert step.recover(context(world, files=FILES)).summary.startswith(
        "The bot was interrupted here. The file was applied"
    )
    world.on_sql("attname IN", rows(3))
    assert step.recover(context(world, files=FILES)).state == "unknown", "half of it is applied, so a person must check"
    assert world.applied == {"run-1/step": 1}


def test_a_lost_connection_is_unknown() -> None:
    world = World()
    world.on_sql(FILE, LostTrack("The connection broke."))
    assert execute(box("sql", SQL), context(world, files=FILES)).state == "unknown"

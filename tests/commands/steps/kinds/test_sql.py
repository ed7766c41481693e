"""`sql` applies a file once, and believes the verify queries."""

from __future__ import annotations

from commands.steps.base import execute
from state.errors import Failed, LostTrack, Stopped
from tests.commands.steps.making import box, context, plan
from tests.production import FORWARD_SQL, rows
from tests.world import World

FILE = "016_forward.sql"
BOX = """
database = "db"
file = "016_forward.sql"
verify = [
    { says = "V1 columns", sql = "SELECT count(*) FROM c WHERE attname IN ('a')", expect = 4 },
    { says = "V2 tables", sql = "SELECT count(*) FROM t WHERE relname IN ('b')", expect = 0 },
]
"""
FILES = {FILE: FORWARD_SQL}


def test_the_plan_is_before_apply_after() -> None:
    text = plan(box("sql", BOX)).splitlines()
    assert text[0].endswith("(nothing is run if 4)")
    assert text[2] == f"on db: {FILE}, in one transaction with its receipt, waiting for locks at most 5 s"
    assert text[4].endswith("(expects 0)")


def test_it_is_applied_and_verified() -> None:
    world = World()
    found = execute(box("sql", BOX), context(world, files=FILES))
    assert (found.state, found.lines) == ("done", ("V1 columns: 4 ✓", "V2 tables: 0 ✓")), found.summary
    assert world.applied == {"run-1/step": 1}


def test_what_is_so_already_is_not_done_again() -> None:
    world = World()
    world.forward = True
    found = execute(box("sql", BOX), context(world, files=FILES))
    assert (found.state, found.summary) == ("done", "It is so already; nothing was run.")
    assert not world.applied


def test_a_second_attempt_uses_the_same_receipt() -> None:
    world = World()
    execute(box("sql", BOX), context(world, files=FILES))
    world.forward = False
    execute(box("sql", BOX), context(world, files=FILES, attempt=2))
    assert world.applied == {"run-1/step": 1}, "the file was applied twice in one run"


def test_an_error_is_a_failure_with_its_words() -> None:
    world = World()
    world.on_sql(FILE, Failed("Line 7: relation does not exist; nothing was applied.", "DROP TABLE nothing"))
    found = execute(box("sql", BOX), context(world, files=FILES))
    assert (found.state, found.summary) == ("failed", "Line 7: relation does not exist; nothing was applied.")
    assert found.lines == ("DROP TABLE nothing",)


def test_three_of_four_columns_are_not_success() -> None:
    world = World()
    world.on_sql("attname", rows(3))
    found = execute(box("sql", BOX), context(world, files=FILES))
    assert found.state == "failed"
    assert "V1 columns: 3 instead of 4" in found.summary


def test_a_file_with_its_own_commit_is_refused_before_anything_runs() -> None:
    world = World()
    found = execute(box("sql", BOX), context(world, files={FILE: "SELECT 1;\nCOMMIT;\n"}))
    assert found.state == "failed"
    assert found.summary.startswith(f"{FILE} line 2:")
    assert not world.applied


def test_a_file_that_was_not_kept_is_said() -> None:
    assert "was not kept by this run" in execute(box("sql", BOX), context(World(), files={})).summary


def test_a_stop_is_a_stop() -> None:
    world = World()
    world.on_sql(FILE, Stopped("Cancelled and rolled back."))
    assert execute(box("sql", BOX), context(world, files=FILES)).state == "stopped"


def test_after_a_cut_what_is_not_applied_is_applied_and_what_is_applied_is_not_applied_again() -> None:
    step, world = box("sql", BOX), World()
    assert step.recover(context(world, files=FILES)).state == "done"
    assert step.recover(context(world, files=FILES)).state == "done"
    assert world.applied == {"run-1/step": 1}
    world.on_sql("attname", rows(3))
    assert "is applied, but V1 columns: 3" in step.recover(context(world, files=FILES)).summary
    assert world.applied == {"run-1/step": 1}, "the file was applied twice"


def test_after_a_cut_without_a_receipt_the_verify_queries_decide() -> None:
    step, world = box("sql", f"{BOX}receipt = false\n"), World()
    assert step.recover(context(world, files=FILES)).state == "done"
    assert step.recover(context(world, files=FILES)).summary.startswith(
        "The bot was cut off after the file was applied"
    )
    world.on_sql("attname", rows(3))
    assert step.recover(context(world, files=FILES)).state == "unknown", "half of it is there: a person must look"
    assert world.applied == {"run-1/step": 1}


def test_a_lost_connection_is_unknown() -> None:
    world = World()
    world.on_sql(FILE, LostTrack("The connection broke."))
    assert execute(box("sql", BOX), context(world, files=FILES)).state == "unknown"

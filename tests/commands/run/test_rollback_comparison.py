"""Every rollback of a run with a backup ends with a comparison of production."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.progress.final_comparison import COMPARISON
from commands.report.comparison import comparison
from commands.run.engine import Engine
from commands.run.rollback_comparison import together
from commands.steps.outcome import Outcome, done, failed
from state.events import RunMoved
from state.records import AttemptState, RunState
from tests.production import ended
from tests.simulated_run import SimulatedRun, running

SCRIPT = "state_same=%s"  # words of the comparison's script
LOST = "state_same=5\nrows_same=8\ndiffers: sequence\x1fposition of sequence ticket\x1f50\x1f1\n"


def rolled_back(sim: SimulatedRun) -> RunMoved:
    """What is said at the end of a rollback."""
    sim.roll_back()
    sim.advance()
    assert sim.state == "rolled back"
    return said_at_the_end(sim)


def said_at_the_end(sim: SimulatedRun) -> RunMoved:
    """The message that production is rolled back; another one follows after the watch."""
    moved = [event.data for event in sim.events("moved")]
    return next(data for data in moved if isinstance(data, RunMoved) and data.state == "rolled back")


def test_a_rollback_says_what_was_compared_with_the_backup(sim: SimulatedRun) -> None:
    moved = rolled_back(sim)
    assert "9 tables are as in the backup" in moved.compared
    assert moved.not_restored == ()


def test_what_the_comparison_misses_is_not_restored_and_nobody_is_asked(sim: SimulatedRun) -> None:
    sim.world.on_host(SCRIPT, ended(LOST))
    moved = rolled_back(sim)
    assert moved.not_restored == ("position of sequence ticket: 50 → 1",)
    assert [event for event in sim.events("wanted") if event.step == COMPARISON] == []


def test_a_comparison_that_fails_is_named_and_ends_the_rollback_all_the_same(sim: SimulatedRun) -> None:
    sim.world.on_host(SCRIPT, ended("psql: error", 60))
    moved = rolled_back(sim)
    assert moved.not_restored == ()
    assert any(
        line.startswith("the database with its backup (The database was not compared") for line in moved.not_compared
    )


def test_a_comparison_that_a_crash_interrupted_is_made_by_the_next_bot(
    sim: SimulatedRun, second_engine: Engine
) -> None:
    sim.world.hang(SCRIPT)
    sim.roll_back()
    sim.advance(until=running(sim, COMPARISON))
    sim.engine.stop()
    assert sim.state == "rolling back"
    sim.world.finish(SCRIPT)
    second_engine.start()
    sim.advance()
    assert sim.last(COMPARISON).state == AttemptState.DONE
    assert "9 tables are as in the backup" in said_at_the_end(sim).compared
    assert [attempt.attempt for attempt in sim.record.attempts if attempt.step == COMPARISON] == [1]


GOOD = done("Compared: 3 tables are as in the backup.", compared=("3 tables are as in the backup",))
BAD = failed("Not as before: jobs.", missing=("jobs: 5 in the backup, 4 now",))
UNASKED = failed("The database was not compared with its backup: no host.")


@pytest.mark.parametrize("other", [GOOD, BAD])
def test_a_backup_that_was_not_compared_is_named_whatever_the_others_show(sim: SimulatedRun, other: Outcome) -> None:
    outcome = together({"Shop": other, "Stock": UNASKED})
    assert outcome.not_compared == (
        "the database with the backup of “Stock” (The database was not compared with its backup: no host.)",
    )
    rolled_back(sim)
    found = {name: getattr(outcome, name) for name in ("missing", "compared", "not_compared")}
    last = sim.last(COMPARISON)
    compared = replace(last, attempt=2, state=outcome.state, summary=outcome.summary, outcome=found)
    record = replace(sim.record, attempts=(*sim.record.attempts, compared))
    said = comparison(sim.page, record, RunState.ROLLED_BACK).not_compared
    assert [line for line in said if "backup" in line and "not compared" in line] == list(outcome.not_compared)

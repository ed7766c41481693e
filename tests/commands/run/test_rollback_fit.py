"""Rollbacks in which a part stays: requests wait until the parts fit, or two people say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.progress.fit import FIT
from commands.signoff.waiting import Waiting
from state.errors import Failed, NotAllowed
from state.events import Ask
from state.facts import Choice
from state.records import AttemptState
from tests.simulated_run import SimulatedRun, holder, running


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    """Option A in its watch, and then a rollback whose database does not go back."""
    sim = SimulatedRun(tmp_path)
    sim.engine.start()
    sim.advance(until=running(sim, "the watch"))
    sim.world.on_sql("016_ROLLBACK", Failed("cannot drop: locked"))
    sim.roll_back()
    yield sim
    sim.close()


def asked(sim: SimulatedRun, ask: Ask, step: str) -> Waiting:
    """A question about a step."""

    def questions() -> list[Waiting]:
        return [one for one in sim.waiting(ask) if one.step == step]

    sim.advance(until=lambda: bool(questions()))
    return questions()[0]


def skip(sim: SimulatedRun, step: str, before_agreeing: Callable[[], None] = lambda: None) -> None:
    """The one who decides skips a step, and another person agrees."""
    waiting = asked(sim, Ask.ANSWER, step)
    role, now = waiting.roles[0], sim.world.clock.now()
    sim.actions.answer(step, waiting.attempt, holder(role), Choice.SKIP, "it is locked", now)
    asked(sim, Ask.AGREE, step)
    before_agreeing()
    with pytest.raises(NotAllowed):
        sim.actions.agree(step, waiting.attempt, holder(role), sim.world.clock.now())
    sim.actions.agree(step, waiting.attempt, holder("on_call"), sim.world.clock.now())


def test_skipping_the_database_takes_two_people_and_the_restart_waits_for_both(sim: SimulatedRun) -> None:
    def not_restarted() -> None:
        assert not sim.record.last("revert-restart")

    skip(sim, "rollback-database", not_restarted)
    sim.advance(until=lambda: sim.state_of("revert-restart") == AttemptState.DONE)


def test_requests_stay_stopped_on_parts_that_do_not_fit_until_two_people_say_so(sim: SimulatedRun) -> None:
    skip(sim, "rollback-database")
    waiting = asked(sim, Ask.ANSWER, FIT)
    assert waiting.choices == (Choice.RETRY, Choice.SKIP)
    assert sim.last(FIT).summary.startswith("Requests stay stopped. Not rolled back: “STEP 2: Rollback database”.")
    assert sim.world.maintenance
    assert not sim.record.last("let-requests-in")
    skip(sim, FIT)
    sim.advance()
    assert not sim.world.maintenance
    assert sim.state == "rolled back"


def test_what_people_repaired_by_hand_lets_requests_in_without_a_further_word(sim: SimulatedRun) -> None:
    skip(sim, "rollback-database")
    waiting = asked(sim, Ask.ANSWER, FIT)
    sim.world.forward = False  # somebody applied the file by hand
    sim.actions.answer(FIT, waiting.attempt, holder("dba"), Choice.RETRY, "", sim.world.clock.now())
    sim.advance()
    assert not sim.world.maintenance
    assert sim.last(FIT).summary == "What was not rolled back is as it should be now, by the queries of its own steps."


def test_a_rollback_whose_parts_all_went_back_asks_nobody(sim: SimulatedRun) -> None:
    waiting = asked(sim, Ask.ANSWER, "rollback-database")
    sim.world._on["sql"].clear()
    sim.actions.answer("rollback-database", waiting.attempt, holder("dba"), Choice.RETRY, "", sim.world.clock.now())
    sim.advance()
    assert sim.restored
    assert not sim.record.last(FIT)

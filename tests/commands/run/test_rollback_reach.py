"""Rollbacks that cannot reach all they need: nothing changes before they do."""

from __future__ import annotations

import pytest

from commands.progress.reach import REACH
from commands.run.engine import Engine
from commands.signoff.waiting import Waiting
from state.errors import Failed, Unreachable
from state.events import Ask
from state.facts import BOT, Choice, StepAnswer
from state.records import AttemptState
from tests.simulated_run import SimulatedRun, holder, running

REFUSED = Unreachable("Host “production” refuses the connection.")


def changes(sim: SimulatedRun) -> list[str]:
    """The steps of the rollback that have begun."""
    return [one.step for one in sim.record.attempts if one.step == "stop-requests" or one.step.startswith("rollback-")]


def asked(sim: SimulatedRun) -> Waiting:
    """The question about what cannot be reached."""
    sim.advance(until=lambda: bool(sim.waiting(Ask.ANSWER)))
    (waiting,) = sim.waiting(Ask.ANSWER)
    assert waiting.step == REACH
    return waiting


@pytest.mark.fault("the way back is first tried when it is needed")
def test_nothing_goes_back_while_the_host_refuses_connections_and_people_are_asked(sim: SimulatedRun) -> None:
    sim.world.on_host("", REFUSED)
    sim.roll_back()
    waiting = asked(sim)
    assert waiting.roles == ("tech_lead",)
    assert waiting.choices == (Choice.RETRY, Choice.SKIP), "nobody can reach a host by hand"
    assert sim.last(REACH).summary == (
        "The rollback has not changed anything yet, because it cannot reach all it needs (tried for 30 s): "
        "Host “production” refuses the connection. It begins by itself once all of that answers."
    )
    assert not changes(sim)
    assert sim.world.forward, "the database went back although the host could not be reached"


def test_it_begins_by_itself_once_the_host_answers_again(sim: SimulatedRun) -> None:
    sim.world.on_host("", REFUSED)
    sim.roll_back()
    asked(sim)
    sim.world.forget("")
    sim.advance()
    assert sim.restored
    answer = sim.record.newest(StepAnswer, step=REACH)
    assert answer
    assert (answer.by, answer.choice, answer.reason) == (BOT, Choice.RETRY, "it can be reached again")


def test_a_short_refusal_is_waited_for_without_asking_anybody(sim: SimulatedRun) -> None:
    sim.world.on_host("", REFUSED)
    sim.world.clock.set_rate(1.0)
    sim.roll_back()
    sim.advance(until=running(sim, REACH))
    sim.advance(until=lambda: sim.last(REACH).progress == "Host “production” refuses the connection.")
    sim.world.forget("")
    sim.world.clock.set_rate(200.0)
    sim.advance()
    assert sim.restored
    assert [one.state for one in sim.record.attempts if one.step == REACH] == [AttemptState.DONE]


def test_a_database_that_refuses_the_login_is_asked_about_at_once_and_before_any_change(sim: SimulatedRun) -> None:
    sim.world.on_sql("^SELECT 1$", Failed("Database “production”: password authentication failed."))
    sim.roll_back()
    asked(sim)
    assert "tried for" not in sim.last(REACH).summary
    assert "password authentication failed" in sim.last(REACH).summary
    assert not changes(sim)
    assert not sim.world.maintenance


def test_going_on_without_it_takes_two_people(sim: SimulatedRun) -> None:
    sim.world.on_host("", REFUSED)
    sim.roll_back()
    waiting, now = asked(sim), sim.world.clock.now()
    sim.actions.answer(REACH, waiting.attempt, holder("tech_lead"), Choice.SKIP, "the host is gone for good", now)
    (second,) = sim.waiting(Ask.AGREE)
    assert second.step == REACH
    assert not changes(sim)
    sim.actions.agree(REACH, waiting.attempt, holder("dba"), sim.world.clock.now())
    sim.advance(until=lambda: "rollback-database" in changes(sim))
    assert sim.state_of("stop-requests") == AttemptState.FAILED


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_connection_lost_at_the_first_step_does_not_let_the_database_go_back_alone(sim: SimulatedRun) -> None:
    sim.world.on_host("touch", REFUSED)
    sim.roll_back()
    sim.advance(until=lambda: bool(sim.waiting(Ask.ANSWER)))
    (waiting,) = sim.waiting(Ask.ANSWER)
    assert waiting.step == "stop-requests"
    assert sim.world.forward, "the page only tells of its failure, but nobody could ask the host"
    sim.world.forget("touch")
    sim.actions.answer("stop-requests", 1, holder("tech_lead"), Choice.RETRY, "", sim.world.clock.now())
    sim.advance()
    assert sim.restored


def test_a_first_step_that_fails_for_another_reason_is_only_told_as_the_page_says(sim: SimulatedRun) -> None:
    sim.world.fail("touch")
    sim.roll_back()
    sim.advance()
    assert sim.state == "rolled back"


def test_a_bot_that_is_killed_while_it_waits_for_the_host_goes_on_waiting(
    sim: SimulatedRun, second_engine: Engine
) -> None:
    sim.world.clock.set_rate(1.0)
    sim.world.on_host("", REFUSED)
    sim.roll_back()
    sim.advance(until=running(sim, REACH))
    sim.engine.stop()
    sim.world.clock.set_rate(200.0)
    second_engine.start()
    asked(sim)
    assert not changes(sim)

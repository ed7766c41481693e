"""A run that waits at its start, carried out by the real engine and by the one after it."""

from __future__ import annotations

import time
from collections.abc import Callable

from commands.rollback.refused_start import refuse_start
from commands.signoff.actions import RunActions
from commands.start.objections import Objection, ObjectionSort, facts_of
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import RunState
from tests.commands.run.engine_case import LEAD, PAGE, PEOPLE, EngineCase
from tests.pages import NOON

FREEZE = Objection(sort=ObjectionSort.FREEZE, summary="shop is frozen until Mon 09:00: the big sale.")
STARTER = Actor(person="UDBA", door=Door.SLACK)


def gated(case: EngineCase) -> RunActions:
    """A run that waits for a second person."""
    report = PreflightReport(against=facts_of([FREEZE], STARTER, NOON, "urgent"))
    run = start(case.store, PAGE, StartRequest(), STARTER, PEOPLE, NOON, report)
    return RunActions(case.store, PAGE, run.id, PEOPLE)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def test_the_engine_begins_nothing_before_the_agreement_also_after_it_was_stopped(engine_case: EngineCase) -> None:
    actions = gated(engine_case)
    engine_case.engine.start()
    engine_case.engine.wait_for_first_acts(30, 30)
    assert engine_case.store.record(1).attempts == ()
    engine_case.engine.stop()
    later = engine_case.new_engine()
    later.start()
    try:
        later.wait_for_first_acts(30, 30)
        assert engine_case.store.record(1).attempts == ()
        assert not engine_case.world.begun
        assert actions.agree_to_start(LEAD, NOON)
        wait_until(lambda: engine_case.state_of(1))
    finally:
        later.stop()


def test_a_refused_start_ends_as_aborted_and_frees_its_target(engine_case: EngineCase) -> None:
    gated(engine_case)
    refuse_start(engine_case.store, 1, LEAD, "not tonight", NOON)
    engine_case.engine.start()
    wait_until(lambda: engine_case.store.run(1).state == RunState.ABORTED)
    assert engine_case.store.record(1).attempts == ()
    assert not engine_case.world.begun
    assert engine_case.start() == 2

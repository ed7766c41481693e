"""Agreeing to a start against which something speaks, and refusing it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.progress.start_gate import GATE, open_objections
from commands.rollback.refused_start import refuse_start
from commands.run.decide import decide
from commands.run.instructions import BeginStep, MoveRun, Wait
from commands.runbook import Page
from commands.signoff.actions import RunActions
from commands.signoff.reminders import due_reminders
from commands.signoff.waiting import waiting_for
from commands.start.objections import Objection, ObjectionSort, facts_of
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import NotAllowed, Refused, TooLate
from state.events import StepAgreed
from state.facts import Actor, Door, StartAgreement
from state.records import RunState
from state.sqlite.store import Store
from tests.commands.signoff.night import AT_TERMINAL, DBA, GUEST, LEAD
from tests.pages import NOON, small

PEOPLE = {"dba": frozenset({"UDBA", "U1"}), "lead": frozenset({"ULEAD"})}
STARTER = Actor(person="U1", door=Door.SLACK)
FREEZE = Objection(sort=ObjectionSort.FREEZE, summary="frozen", roles=("lead",))
BAD = Objection(sort=ObjectionSort.BAD_BUILD, summary="rolled back in run 4", roles=("dba",))
LOCK = Objection(sort=ObjectionSort.LOCK, summary="locked")


class Gate:
    """A run that waits at its start."""

    def __init__(self, store: Store, *against: Objection, starter: Actor = STARTER, page: Page | None = None) -> None:
        self.store, self.page = store, page or small()
        report = PreflightReport(against=facts_of(against, starter, NOON, "urgent"))
        self.run = start(store, self.page, StartRequest(), starter, PEOPLE, NOON, report)
        self.actions = RunActions(store, self.page, self.run.id, PEOPLE)

    def next(self) -> object:
        return decide(self.page, self.store.record(self.run.id), NOON + timedelta(minutes=1))


def test_nothing_begins_before_a_second_person_agrees(store: Store) -> None:
    gate = Gate(store, FREEZE)
    assert gate.next() == Wait()
    assert [waiting.roles for waiting in waiting_for(gate.page, store.record(1))] == [("lead",)]
    assert gate.actions.agree_to_start(LEAD, NOON)
    begun = gate.next()
    assert isinstance(begun, BeginStep)
    assert begun.step.id == "ready"
    assert store.record(1).facts[-1] == StartAgreement(by=LEAD, at=NOON, covers=(0,))
    assert store.events(1)[-1].data == StepAgreed(title="the start", person="ULEAD", door=AT_TERMINAL)
    with pytest.raises(TooLate):
        gate.actions.agree_to_start(LEAD, NOON)


def test_a_run_against_which_nothing_speaks_asks_nobody(store: Store) -> None:
    gate = Gate(store)
    assert isinstance(gate.next(), BeginStep)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (STARTER, "You started this run; another person must agree to this start."),
        (Actor(person="UDBA", door=Door.TERMINAL, account="kim@web1"), "Only the Tech Lead may agree to this start."),
        (GUEST, "Only the Tech Lead or Database Admin may agree to this start."),
    ],
)
def test_neither_the_starter_nor_somebody_without_the_role_agrees(store: Store, who: Actor, words: str) -> None:
    gate = Gate(store, *([FREEZE] if "Admin" not in words else [FREEZE, LOCK]), *([LOCK] if who is STARTER else []))
    with pytest.raises(NotAllowed, match=words):
        gate.actions.agree_to_start(who, NOON)
    assert gate.next() == Wait()


def test_the_same_system_user_under_another_name_does_not_agree(store: Store) -> None:
    gate = Gate(store, LOCK, starter=Actor(person="U1", door=Door.TERMINAL, account="kim@web1"))
    with pytest.raises(NotAllowed, match="You started this run"):
        gate.actions.agree_to_start(Actor(person="ULEAD", door=Door.TERMINAL, account="kim@web2"), NOON)


def test_each_person_agrees_to_what_their_roles_may_and_the_rest_still_waits(store: Store) -> None:
    gate = Gate(store, FREEZE, BAD)
    assert not gate.actions.agree_to_start(DBA, NOON)
    assert [one.number for one in open_objections(store.record(1))] == [0]
    assert gate.next() == Wait()
    with pytest.raises(NotAllowed, match=r"Only the Tech Lead may agree"):
        gate.actions.agree_to_start(DBA, NOON)
    assert gate.actions.agree_to_start(LEAD, NOON)


def test_a_starter_who_may_no_longer_start_finds_no_second_person(store: Store) -> None:
    gate = Gate(store, LOCK)
    actions = RunActions(store, gate.page, 1, {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})})
    with pytest.raises(NotAllowed, match="U1 started this and may no longer do so: Only the"):
        actions.agree_to_start(LEAD, NOON)
    assert gate.next() == Wait()


def test_anybody_refuses_with_a_reason_and_the_run_ends_with_nothing_changed(store: Store) -> None:
    gate = Gate(store, LOCK)
    with pytest.raises(Refused, match="Refusing needs a reason"):
        refuse_start(store, 1, GUEST, " ", NOON)
    refuse_start(store, 1, GUEST, "not tonight", NOON)
    assert gate.next() == MoveRun(RunState.ABORTED)
    request = store.record(1).rollback
    assert request
    assert request.reason == "the start was refused: not tonight"
    with pytest.raises(TooLate):
        gate.actions.agree_to_start(LEAD, NOON)
    with pytest.raises(TooLate):
        refuse_start(store, 1, GUEST, "really not", NOON)


def test_an_agreed_start_cannot_be_refused_but_rolled_back(store: Store) -> None:
    gate = Gate(store, LOCK)
    gate.actions.agree_to_start(DBA, NOON)
    with pytest.raises(TooLate, match="The start is not waiting for anybody now"):
        refuse_start(store, 1, GUEST, "not tonight", NOON)


def test_who_has_not_agreed_is_reminded(store: Store) -> None:
    gate = Gate(store, LOCK)
    (reminder,) = due_reminders(gate.page, store.record(1), NOON + gate.page.runbook.status_every)
    assert reminder.step == GATE

"""What speaks against a start: it needs a reason, and somebody else who can agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commands.start.objections import Considered, Intent, Objection, ObjectionSort
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import Starter
from commands.start.watch_speed import WatchSpeed
from state.errors import NeedsReason, Refused, ToolError
from state.events import Ask, PeopleAsked, RunStarted
from state.facts import Actor, Door, StartObjection
from state.sqlite.store import Store
from tests.pages import NOON, small

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA", "U1"}), "lead": frozenset({"ULEAD"})}
WHO = Actor(person="U1", door=Door.SLACK)
FREEZE = Objection(sort=ObjectionSort.FREEZE, summary="shop is frozen until Mon 09:00: the big sale.", roles=("lead",))
LOCK = Objection(sort=ObjectionSort.LOCK, summary="shop is locked by Kim: I measure.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gonogo.db")
    yield opened
    opened.close()


def starter(store: Store, *against: Objection, notes: tuple[str, ...] = ()) -> Starter:
    """Starts runs against which this speaks."""
    return Starter(
        store=store,
        pages=lambda: {"small.md": PAGE},
        people=lambda _: PEOPLE,
        missing=lambda _: (),
        preflight=lambda *_: PreflightReport(),
        channel=lambda _: "C1",
        places=lambda _: {},
        now=lambda: NOON,
        speed=WatchSpeed(),
        require_alike=lambda _: None,
        objectors=(lambda _: Considered(objections=against, notes=notes),),
    )


def test_without_a_reason_the_start_is_refused_with_all_that_speaks_against_it(store: Store) -> None:
    with pytest.raises(NeedsReason) as refused:
        starter(store, FREEZE, LOCK).start(StartRequest(because="  "), WHO)
    assert str(refused.value) == (
        "🚀 A small deploy was not started. Reasons against it:\n"
        "• shop is frozen until Mon 09:00: the big sale.\n"
        "• shop is locked by Kim: I measure.\n"
        "To start all the same, give a reason; then a second person must agree before anything begins."
    )
    assert store.runs() == []


def test_with_a_reason_the_run_keeps_it_and_asks_a_second_person_at_once(store: Store) -> None:
    run = starter(store, FREEZE, LOCK).start(StartRequest(because=" the fix cannot wait "), WHO).run
    kept = [fact for fact in store.record(run.id).facts if isinstance(fact, StartObjection)]
    assert [(one.number, one.sort, one.summary, one.roles) for one in kept] == [
        (0, "freeze", FREEZE.summary, ("lead",)),
        (1, "lock", LOCK.summary, ()),
    ]
    assert {(one.by, one.reason) for one in kept} == {(WHO, "the fix cannot wait")}
    started, asked = (event.data for event in store.events(run.id))
    assert isinstance(started, RunStarted)
    assert (started.objections, started.reason) == ((FREEZE.summary, LOCK.summary), "the fix cannot wait")
    assert asked == PeopleAsked(ask=Ask.START, step="the start", title="the start", roles=("lead", "dba"))
    assert (run.note, store.changes(run.id)) == ("", [])


def test_a_reason_for_a_start_against_which_nothing_speaks_is_a_note(store: Store) -> None:
    run = starter(store).start(StartRequest(because="the fix cannot wait"), WHO).run
    assert (run.note, store.record(run.id).facts) == ("the fix cannot wait", ())


def test_what_could_not_be_looked_at_is_a_warning_and_no_objection(store: Store) -> None:
    def fails(_: Intent) -> Considered:
        raise ToolError("git does not answer.")

    one = starter(store, notes=("the calendar is 2 h old",))
    started = replace(one, objectors=(*one.objectors, fails)).start(StartRequest(), WHO)
    assert started.warnings[:2] == ("the calendar is 2 h old", "Not checked: git does not answer.")


def test_a_start_to_which_nobody_else_can_agree_is_refused(store: Store) -> None:
    nobody = replace(starter(store, FREEZE), people=lambda _: {"dba": frozenset({"UDBA"}), "lead": frozenset({"U1"})})
    with pytest.raises(Refused, match=r"A second person must agree \(Tech Lead\), and nobody else may\."):
        nobody.start(StartRequest(because="urgent"), WHO)
    assert store.runs() == []


def test_the_page_that_keep_starts_asks_a_second_person_too_and_needs_nobody_to_type_a_reason(store: Store) -> None:
    run = starter(store, LOCK).start(StartRequest(follows=7), WHO, by_keep=True).run
    (kept,) = store.record(run.id).facts
    assert isinstance(kept, StartObjection)
    assert (kept.reason, kept.by.door) == ("run 7 was kept, and its page starts this one", Door.BOT)

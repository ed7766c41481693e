"""The start of a drill: on nobody's hosts, in no run's way, and who takes part is asked first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.drill import waits_for_people
from commands.run.decide import decide
from commands.run.instructions import BeginStep, MoveRun, Wait
from commands.runbook.drill import drill_page
from commands.start.drill_actions import begin_drill, take_part
from commands.start.drill_places import require_hosts_free, set_drills_aside
from commands.start.drilled import drill_warnings, undrilled_roles
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import NotAllowed, Refused, TooLate
from state.events import PeopleInvited
from state.facts import Actor, Door
from state.records import Drill, Run, RunState
from state.sqlite.store import Store
from tests.pages import NOON, small

ZONE = 'time_zone = "Asia/Bangkok"'
PAGE = small(**{ZONE: f'{ZONE}\nfour_eyes = true\n\n[drill]\n"SHOP_*" = "$DRILL_*"'})
PEOPLE = {"dba": frozenset({"UDBA", "U1"}), "lead": frozenset({"ULEAD"})}
ITS_HOSTS = {"host backend: address": "d1", "host backend: host key": "k1"}


def somebody(person: str) -> Actor:
    return Actor(person=person, door=Door.SLACK)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gonogo.db", serving=True)
    yield opened
    opened.close()


def begun(store: Store, *, drill: bool = True, places: dict[str, str] | None = None) -> Run:
    page = drill_page(PAGE) if drill else PAGE
    request = StartRequest(drill=Drill.PLACES if drill else "", places=places or ITS_HOSTS)
    return start(store, page, request, somebody("U1"), PEOPLE, NOON)


def test_a_drill_has_a_target_of_its_own_so_that_it_takes_no_place_of_a_run(store: Store) -> None:
    drill, run = begun(store), begun(store, drill=False, places={"host backend: address": "p1"})
    assert (drill.target, run.target) == ("shop (drill)", "shop")
    assert isinstance(store.events(drill.id)[1].data, PeopleInvited)


def test_no_step_begins_before_every_role_has_somebody_who_takes_part(store: Store) -> None:
    page, run = drill_page(PAGE), begun(store)
    assert decide(page, store.record(run.id), NOON) == Wait()
    with pytest.raises(NotAllowed, match="Only the"):
        take_part(store, page, run.id, PEOPLE, somebody("UGUEST"), NOON)
    assert take_part(store, page, run.id, PEOPLE, somebody("UDBA"), NOON)
    assert not take_part(store, page, run.id, PEOPLE, somebody("UDBA"), NOON), "a press twice is one fact"
    with pytest.raises(Refused, match=r"cannot begin yet. Nobody takes part as Tech Lead\."):
        begin_drill(store, page, run.id, PEOPLE, somebody("UDBA"), NOON)
    take_part(store, page, run.id, PEOPLE, somebody("ULEAD"), NOON)
    assert begin_drill(store, page, run.id, PEOPLE, somebody("U1"), NOON)
    assert isinstance(decide(page, store.record(run.id), NOON), BeginStep)
    with pytest.raises(TooLate, match="The drill has begun"):
        take_part(store, page, run.id, PEOPLE, somebody("U1"), NOON)


def test_a_role_that_only_the_starter_plays_is_not_enough_where_the_starter_must_not_sign(store: Store) -> None:
    page, run = drill_page(PAGE), begun(store)
    for person in ("U1", "ULEAD"):
        take_part(store, page, run.id, PEOPLE, somebody(person), NOON)
    with pytest.raises(Refused, match="Nobody but the starter can sign"):
        begin_drill(store, page, run.id, PEOPLE, somebody("ULEAD"), NOON)


def test_a_drill_that_waits_can_be_ended_by_rolling_back(store: Store) -> None:
    page, run = drill_page(PAGE), begun(store)
    set_drills_aside(store, replace(begun(store, drill=False), places=tuple(ITS_HOSTS.items())), NOON)
    assert decide(page, store.record(run.id), NOON) == MoveRun(RunState.ABORTED)


def test_a_run_on_the_hosts_of_a_drill_sets_it_aside_with_its_reason_and_no_other(store: Store) -> None:
    drill = begun(store)
    elsewhere = begun(store, drill=False, places={"host backend: address": "p1", "host backend: host key": "k2"})
    set_drills_aside(store, elsewhere, NOON)
    assert store.record(drill.id).rollback is None
    same = replace(elsewhere, places=(("host web: host key", "k1"),))
    set_drills_aside(store, same, NOON)
    request = store.record(drill.id).rollback
    assert request is not None
    assert request.reason == f"run {elsewhere.id} of shop starts on the same hosts"


@pytest.mark.parametrize(
    ("places", "free"),
    [
        ({"host a: address": "d1"}, False),
        ({"host a: host key": "k1"}, False),
        ({"host a: user": "d1"}, True),
        ({"host a: host key": "e3b0c44298fc1c14"}, True),
        ({"database a: address": "db", "database a: path": "x"}, False),
        ({"database a: address": "db", "database a: path": "y"}, True),
    ],
)
def test_no_drill_begins_on_the_hosts_or_databases_of_an_active_run(
    store: Store, places: dict[str, str], free: bool
) -> None:
    database = {"database shop: address": "db", "database shop: path": "x", "host b: host key": "e3b0c44298fc1c14"}
    run = begun(store, drill=False, places={**ITS_HOSTS, **database})
    if free:
        require_hosts_free(store, places)
        return
    with pytest.raises(Refused, match=f"Run {run.id} of shop is active on the same hosts, so no drill can begin there"):
        require_hosts_free(store, places)


def test_a_real_start_names_the_roles_in_which_nobody_has_drilled_for_90_days(store: Store) -> None:
    both = ("Database Admin", "Tech Lead")
    assert undrilled_roles(store, PAGE, PEOPLE, NOON) == both
    page, run = drill_page(PAGE), begun(store)
    take_part(store, page, run.id, PEOPLE, somebody("UDBA"), NOON)
    assert undrilled_roles(store, PAGE, PEOPLE, NOON) == both, "one that was not played to its end does not count"
    store.move_run(run.id, RunState.KEPT, NOON)
    assert undrilled_roles(store, PAGE, PEOPLE, NOON + timedelta(days=90)) == ("Tech Lead",)
    assert undrilled_roles(store, PAGE, PEOPLE, NOON + timedelta(days=91)) == both
    assert undrilled_roles(store, small(), PEOPLE, NOON) == (), "a page without a drill is not nagged"
    assert drill_warnings(both) == ("Nobody has drilled this page in the last 90 days as Database Admin, Tech Lead.",)
    assert drill_warnings(()) == ()


def test_every_other_run_waits_for_nobody_to_take_part(store: Store) -> None:
    assert not waits_for_people(store.record(begun(store, drill=False).id))

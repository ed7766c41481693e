"""The environment at each start of the bot: other places make a run wait, but no rollback."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from commands.progress.hold import environment_change, environment_hold, hold_of
from commands.progress.reach import REACH
from commands.rollback.request import rollback
from commands.run.decide import decide
from commands.run.environment import compare_places, difference
from commands.run.instructions import BeginStep, RequestRollback, Wait
from commands.signoff.actions import RunActions
from commands.start.request import StartRequest
from commands.start.starter import start
from state.events import EnvironmentChanged
from state.facts import BOT, Actor, Door, EnvironmentHold
from state.records import Record, Run, RunState
from state.sqlite.store import Store
from tests.pages import NOON, SIGNED, attempt_at, fact, small
from tests.pages import record as plain_record
from tests.stored import stored_attempt

PAGE = small()
OLD = {"host backend: address": "1", "web api: address": "2", "web api: path": "3", "$BACKUPS": "4"}
NEW = {**OLD, "web api: address": "9", "web api: path": "8", "$BACKUPS": "7"}
THIRD = {**OLD, "host backend: address": "5"}
SUMMARY = "the environment has changed since the run started: $BACKUPS, web api (address, path: $SHOP_URL)"
LEAD = Actor(person="ULEAD", door=Door.SLACK)
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}


class Restarts:
    """One run, and starts of the bot with one environment or another."""

    def __init__(self, store: Store) -> None:
        self.store = store
        request = StartRequest(places=OLD)
        self.run: Run = start(store, PAGE, request, Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)
        self.actions = RunActions(store, PAGE, self.run.id, PEOPLE)

    @property
    def record(self) -> Record:
        return self.store.record(self.run.id)

    @property
    def changes(self) -> list[EnvironmentChanged]:
        events = (event.data for event in self.store.events(self.run.id))
        return [data for data in events if isinstance(data, EnvironmentChanged)]

    def start_bot(self, places: dict[str, str]) -> bool:
        return compare_places(self.store, PAGE, self.record, places, NOON)


@pytest.fixture
def restarts(tmp_path: Path) -> Restarts:
    return Restarts(Store(tmp_path / "gonogo.db"))


def test_the_difference_names_each_place_once_with_its_parts() -> None:
    assert difference(PAGE, OLD, NEW) == SUMMARY


@pytest.mark.parametrize(
    ("part", "variable"), [("address", ": $SHOP_SSH"), ("host key", ": $SHOP_KNOWN_HOSTS"), ("PATH", ": $SHOP_SSH")]
)
def test_the_difference_names_the_variable_that_leads_to_each_part(part: str, variable: str) -> None:
    (host,) = PAGE.places.hosts
    said = difference(PAGE, {f"host {host}: {part}": "1"}, {f"host {host}: {part}": "2"})
    assert said.endswith(f"host {host} ({part}{variable})")


def test_a_part_of_the_bots_own_machine_has_no_variable() -> None:
    local = small(**{"[hosts.backend]": '[hosts.own]\naddress = "local"\n\n[hosts.backend]'})
    assert difference(local, {"host own: user": "0"}, {"host own: user": "1"}).endswith("host own (user)")


def test_the_same_places_write_nothing(restarts: Restarts) -> None:
    before = restarts.record
    assert not restarts.start_bot(OLD)
    assert restarts.record == before
    assert not restarts.changes


def test_other_places_let_the_run_wait_and_say_so_once(restarts: Restarts) -> None:
    for _ in range(3):
        assert restarts.start_bot(NEW)
    hold = environment_hold(restarts.record)
    assert hold
    assert (hold.by, hold.reason, dict(hold.places)) == (BOT, SUMMARY, NEW)
    assert restarts.changes == [EnvironmentChanged(summary=SUMMARY, waits=True, roles=("lead",))]
    assert decide(PAGE, restarts.record, NOON) == Wait()
    assert environment_change(restarts.record) == SUMMARY


def test_a_third_environment_is_told_again(restarts: Restarts) -> None:
    restarts.start_bot(NEW)
    assert restarts.start_bot(THIRD)
    assert restarts.changes[1].summary.endswith("host backend (address: $SHOP_SSH)")


def test_the_old_environment_lets_the_run_continue(restarts: Restarts) -> None:
    restarts.start_bot(NEW)
    assert not restarts.start_bot(OLD)
    assert hold_of(restarts.record) is None
    assert environment_change(restarts.record) == ""
    assert restarts.changes[-1].restored
    assert isinstance(decide(PAGE, restarts.record, NOON), BeginStep)


def test_the_old_environment_does_not_lift_a_persons_hold(restarts: Restarts) -> None:
    restarts.actions.hold(LEAD, "lunch", NOON)
    restarts.start_bot(NEW)
    restarts.start_bot(OLD)
    assert hold_of(restarts.record)
    assert restarts.changes[-1].waits


def test_the_deciding_role_may_resume_with_the_new_places(restarts: Restarts) -> None:
    restarts.start_bot(NEW)
    assert restarts.actions.resume(LEAD, "the database has moved", NOON)
    assert not restarts.start_bot(NEW), "what somebody resumed with is known"
    assert restarts.start_bot(OLD), "the old places are other ones now"


def test_a_run_of_an_earlier_version_has_nothing_to_compare(tmp_path: Path) -> None:
    restarts = Restarts(Store(tmp_path / "gonogo.db"))
    old = replace(restarts.record, run=replace(restarts.run, places=()))
    assert not compare_places(restarts.store, PAGE, old, NEW, NOON)
    assert not restarts.changes


def test_a_run_that_is_over_does_not_care(restarts: Restarts) -> None:
    restarts.store.move_run(restarts.run.id, RunState.ABORTED, NOON)
    assert not restarts.start_bot(NEW)


def test_a_rollback_does_not_wait_and_is_warned_about(restarts: Restarts) -> None:
    stored_attempt(restarts.store, restarts.run, "put-the-code-there", "done")
    rollback(restarts.store, restarts.run, LEAD, "it burns", NOON)
    restarts.store.move_run(restarts.run.id, RunState.ROLLING_BACK, NOON)
    for _ in range(2):
        assert restarts.start_bot(NEW)
    assert restarts.changes == [EnvironmentChanged(summary=SUMMARY, roles=("dba", "lead"))]
    step = decide(PAGE, restarts.record, NOON)
    assert isinstance(step, BeginStep)
    assert step.step.id == REACH


def elsewhere(*attempts: object, **changes: object) -> Record:
    """A record on hold because of its environment."""
    hold = EnvironmentHold(by=BOT, at=NOON, number=0, reason=SUMMARY, places=tuple(NEW.items()))
    facts = (*SIGNED, hold, *changes.pop("facts", ()))  # type: ignore[misc]
    return plain_record(*attempts, facts=facts, **changes)  # type: ignore[arg-type]


def test_no_check_of_the_watch_begins_elsewhere_and_the_watch_does_not_end() -> None:
    before = [attempt_at(step, "done", after=1) for step in ("ready", "put-the-code-there", "health")]
    of = elsewhere(*before, attempt_at("the watch", "running", after=2))
    assert decide(PAGE, of, NOON.replace(hour=15)) == Wait()


def test_a_refused_sign_off_ends_the_run_elsewhere_too() -> None:
    refused = fact("sign", "ready", 2, role="dba", said="no")
    of = elsewhere(attempt_at("ready", "done", 2), facts=(refused,))
    assert isinstance(decide(PAGE, of, NOON), RequestRollback)


def test_a_hold_for_the_environment_takes_the_next_number_if_its_number_is_taken(restarts: Restarts) -> None:
    forged = EnvironmentHold(by=BOT, at=NOON, number=1, reason="forged", places=tuple(sorted(THIRD.items())))
    assert restarts.store.add_fact(restarts.run.id, forged)
    assert restarts.start_bot(NEW)
    hold = environment_hold(restarts.record)
    assert hold
    assert (hold.number, dict(hold.places)) == (2, NEW)
    assert decide(PAGE, restarts.record, NOON) == Wait()

"""How long steps usually take, and the report of a running step that takes longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.progress.usual_time import (
    SlowStepMonitor,
    UsualTime,
    slow_after,
    slow_at,
    usual_times,
    usual_times_before,
)
from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, Record, Run, RunState
from state.sqlite.store import Store
from tests.pages import NOON, attempt_at, payload, record, small
from tests.state.sqlite.forger import by_hand

LIMITED = 'takes = "10 min"\nlimit = "1 h"'
PAGE = small(**{'takes = "10 min"': LIMITED})
DEPLOY, BACK = "put-the-code-there", "put-the-old-code-back"
WHO = Actor(person="U1", door=Door.TERMINAL)
PEOPLE = {"dba": frozenset({"U2"}), "lead": frozenset({"U3"})}


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("seconds", "after"),
    [
        ((), minutes(15)),
        ((20.0, 40.0, 30.0), timedelta(seconds=70)),
        ((1000.0,), timedelta(seconds=1200)),
        ((150.0,), timedelta(seconds=180)),
    ],
)
def test_the_page_counts_until_there_are_earlier_runs_and_then_their_slowest(
    seconds: tuple[float, ...], after: timedelta
) -> None:
    assert slow_after(PAGE.step(DEPLOY), UsualTime(seconds=seconds)) == after


@pytest.mark.parametrize(("takes", "after"), [("20 s", 50), ("1 min", 90), ("2 min", 180)])
def test_a_step_is_slow_after_one_and_a_half_times_what_the_page_expects_and_at_least_30_s_more(
    takes: str, after: float
) -> None:
    page = small(**{'takes = "10 min"': f'takes = "{takes}"'})
    assert slow_after(page.step(DEPLOY), UsualTime()) == timedelta(seconds=after)


def test_steps_that_wait_for_people_checks_and_steps_without_an_expectation_are_never_slow() -> None:
    for step in ("ready", "health", "response-time"):
        assert slow_after(PAGE.step(step), UsualTime()) is None, step
    known = UsualTime(seconds=(5.0,))
    assert slow_after(PAGE.step("ready"), known) is None
    assert slow_after(PAGE.step("response-time"), known) is None
    assert slow_after(PAGE.step("health"), known) == timedelta(seconds=35)


def test_each_running_attempt_becomes_slow_in_its_time() -> None:
    running = (
        attempt_at("gone from the page", AttemptState.RUNNING),
        attempt_at("ready", AttemptState.RUNNING),
        attempt_at(DEPLOY, AttemptState.DONE, 1),
        attempt_at(DEPLOY, AttemptState.RUNNING, 2, after=5),
        attempt_at("health", AttemptState.RUNNING, 1, after=1),
    )
    usual = {"health": UsualTime(seconds=(30.0,)), "ready": UsualTime(seconds=(30.0,))}
    assert slow_at(PAGE, record(*running), usual) == {
        (DEPLOY, 2): NOON + minutes(20),
        ("health", 1): NOON + minutes(2),
    }


@pytest.mark.parametrize(("limit", "slow"), [("14 min", False), ("15 min", False), ("16 min", True)])
def test_an_attempt_that_times_out_first_is_not_slow(limit: str, slow: bool) -> None:
    page = small(**{'takes = "10 min"': f'takes = "10 min"\nlimit = "{limit}"'})
    assert bool(slow_at(page, record(attempt_at(DEPLOY, AttemptState.RUNNING)), {})) is slow


def took(seconds: float, state: str = AttemptState.DONE, step: str = DEPLOY) -> Record:
    """A record of one attempt."""
    return record(replace(attempt_at(step, state), ended_at=NOON + timedelta(seconds=seconds)))


def test_the_usual_time_is_that_of_the_last_five_successful_attempts() -> None:
    runs = [took(900, AttemptState.FAILED), *(took(seconds) for seconds in (1, 2, 3, 4, 5, 600))]
    assert usual_times(runs) == {DEPLOY: UsualTime(seconds=(1, 2, 3, 4, 5))}


def test_of_one_run_the_newest_attempt_comes_first_and_each_step_has_its_own_times() -> None:
    both = record(
        *(
            replace(attempt_at(DEPLOY, AttemptState.DONE, number), ended_at=NOON + timedelta(seconds=number))
            for number in (1, 2)
        ),
        attempt_at("health", AttemptState.DONE),
        attempt_at("ready", AttemptState.RUNNING),
    )
    health = took(7, step="health")
    assert usual_times([both, health]) == {DEPLOY: UsualTime(seconds=(2, 1)), "health": UsualTime(seconds=(7,))}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gonogo.db")
    yield opened
    opened.close()


def run(store: Store, took: float, step: str = DEPLOY, state: RunState = RunState.KEPT, page: Page = PAGE) -> Run:
    """Write a run that is over, in which a step took so many minutes."""
    begun = start(store, page, StartRequest(), WHO, PEOPLE, NOON)
    store.begin_attempt(begun.id, step, 1, NOON)
    done = Attempt(step=step, attempt=1, state=AttemptState.DONE, began_at=NOON)
    store.end_attempt(begun.id, done, NOON + minutes(took))
    if state is RunState.ROLLED_BACK:
        store.move_run(begun.id, RunState.ROLLING_BACK, NOON)
    store.move_run(begun.id, state, NOON + minutes(took))
    return begun


def usual_minutes(store: Store, of: Run, step: str = DEPLOY) -> list[float]:
    return [seconds / 60 for seconds in usual_times_before(store, of).get(step, UsualTime()).seconds]


def test_the_five_runs_before_this_one_count_newest_first(store: Store) -> None:
    runs = [run(store, number) for number in range(1, 9)]
    assert usual_minutes(store, runs[6]) == [6, 5, 4, 3, 2]
    assert usual_minutes(store, runs[1]) == [1]
    assert usual_minutes(store, runs[0]) == []


def test_runs_of_another_page_or_target_do_not_count(store: Store) -> None:
    run(store, 1)
    run(store, 2, page=small(**{'takes = "10 min"': LIMITED, 'target = "shop"': 'target = "other"'}))
    run(store, 3, page=replace(PAGE, name="other.md"))
    assert usual_minutes(store, run(store, 4)) == [1]


def test_the_newest_five_rollbacks_count_however_many_runs_were_kept_since(store: Store) -> None:
    for number in range(1, 7):
        run(store, number, BACK, RunState.ROLLED_BACK)
    for number in range(10, 16):
        run(store, number)
    now = run(store, 20)
    assert usual_minutes(store, now, BACK) == [6, 5, 4, 3, 2]
    assert usual_minutes(store, now) == [15, 14, 13, 12, 11]


# -- the report -------------------------------------------------------------------------------------------------------


def running(store: Store, page: Page = PAGE) -> int:
    """Write a run whose deploy step runs since noon; returns its number."""
    begun = start(store, page, StartRequest(), WHO, PEOPLE, NOON)
    store.begin_attempt(begun.id, DEPLOY, 1, NOON)
    return begun.id


def reports(store: Store, number: int, *after: float, page: Page = PAGE) -> list[Any]:
    """What is reported when a new monitor (as after a restart) looks after so many minutes."""
    for minute in after:
        SlowStepMonitor(store, page, number).report(store.record(number), NOON + minutes(minute))
    return [payload(event) for event in store.events(number) if event.data.stored_kind == "slow"]


def test_a_slow_step_is_reported_once_by_earlier_runs_or_by_the_page(store: Store) -> None:
    number = running(store)
    assert reports(store, number, 14.9) == []
    (slow,) = reports(store, number, 15, 16)
    assert (slow.title, slow.attempt, slow.roles) == ("Put the code there", 1, ("lead",))
    assert slow.summary == "it has been running for 15 min; the page expects 10 min; it times out after 1 h"


@pytest.mark.parametrize(
    ("earlier", "words"),
    [((4,), "the last run took 4 min"), ((4, 2, 3), "the last 3 runs took 2 min to 4 min")],
)
def test_the_report_says_how_long_earlier_runs_took(store: Store, earlier: tuple[float, ...], words: str) -> None:
    for minute in earlier:
        run(store, minute)
    number = running(store)
    (slow,) = reports(store, number, 4, 5, 6)
    assert slow.summary == f"it has been running for 5 min; {words}; it times out after 1 h"


def test_the_roles_that_sign_a_step_are_called_when_it_is_slow(store: Store) -> None:
    page = small(**{'takes = "10 min"': LIMITED + '\nsign = ["lead", "dba"]'})
    (slow,) = reports(store, running(store, page), 15, page=page)
    assert slow.roles == ("dba", "lead")


def test_every_slow_attempt_has_its_own_report(store: Store) -> None:
    number = running(store)
    store.begin_attempt(number, DEPLOY, 2, NOON + minutes(1))
    assert [slow.attempt for slow in reports(store, number, 15)] == [1]
    failed = Attempt(step=DEPLOY, attempt=1, state=AttemptState.FAILED, began_at=NOON)
    store.end_attempt(number, failed, NOON + minutes(16))
    slow = reports(store, number, 17)
    assert [(one.attempt, one.summary.split(";")[0]) for one in slow][1:] == [(2, "it has been running for 16 min")]
    (event,) = [event for event in store.events(number) if event.data.stored_kind == "slow"][1:]
    assert (event.step, event.at) == (DEPLOY, NOON + minutes(17))


def test_the_next_report_is_due_when_the_next_attempt_becomes_slow(store: Store) -> None:
    number = running(store)
    store.begin_attempt(number, BACK, 1, NOON)
    run_before = replace(store.record(number), facts=())
    monitor = SlowStepMonitor(store, PAGE, number)
    assert monitor.due(run_before, NOON) == NOON + minutes(15)
    assert monitor.due(run_before, NOON + minutes(15)) is None, "the loop would wake again and again"
    store.begin_attempt(number, DEPLOY, 2, NOON + minutes(5))
    assert monitor.due(store.record(number), NOON + minutes(10)) == NOON + minutes(15)
    assert monitor.due(store.record(number), NOON + minutes(15)) == NOON + minutes(20)


def test_earlier_runs_are_read_once(store: Store) -> None:
    run(store, 4)
    number = running(store)
    monitor = SlowStepMonitor(store, PAGE, number)
    usual = monitor.usual(store.record(number))
    assert usual == {DEPLOY: UsualTime(seconds=(240.0,))}
    assert monitor.usual(store.record(number)) is usual


def test_an_earlier_run_that_cannot_be_read_counts_for_nothing_and_holds_up_no_other(store: Store) -> None:
    run(store, 4)
    run(store, 6)
    by_hand(store.path, "UPDATE attempts SET outcome = '{' WHERE run = 1")
    later = running(store)
    assert usual_minutes(store, store.run(later)) == [6]

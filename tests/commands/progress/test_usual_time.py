"""Slower than usual: by the page or by earlier runs, told once, never of a step that waits for people."""

from __future__ import annotations

import time
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
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, Record, RunState
from state.sqlite.store import Store
from tests.pages import NOON, record, row, small
from tests.show import Show, running

PAGE = small()
DEPLOY = "put-the-code-there"  # takes 10 min on the page
WHO = Actor(person="U1", door=Door.TERMINAL)
PEOPLE = {"dba": frozenset({"U2"}), "lead": frozenset({"U3"})}


@pytest.mark.parametrize(
    ("seconds", "after"),
    [
        ((), timedelta(minutes=15)),
        ((20.0, 40.0, 30.0), timedelta(seconds=70)),
        ((1000.0,), timedelta(seconds=1200)),
    ],
)
def test_the_page_counts_until_there_are_earlier_runs_and_then_the_slowest_of_them(
    seconds: tuple[float, ...], after: timedelta
) -> None:
    assert slow_after(PAGE.step(DEPLOY), UsualTime(seconds=seconds)) == after


def test_gates_checks_of_the_watch_and_steps_of_which_nothing_is_known_are_never_slow() -> None:
    for step in ("ready", "health", "response-time"):
        assert slow_after(PAGE.step(step), UsualTime()) is None, step
    assert slow_after(PAGE.step("ready"), UsualTime(seconds=(5.0,))) is None


def test_only_a_running_attempt_becomes_slow_and_not_after_its_limit() -> None:
    assert slow_at(PAGE, record(row(DEPLOY, AttemptState.DONE)), {}) == {}
    page = small(**{'takes = "10 min"': 'takes = "10 min"\nlimit = "1 h"'})
    assert slow_at(page, record(row(DEPLOY, AttemptState.RUNNING, 2)), {}) == {
        (DEPLOY, 2): NOON + timedelta(minutes=15)
    }
    assert slow_at(PAGE, record(row(DEPLOY, AttemptState.RUNNING)), {}) == {}, "its limit of 10 min comes first"


def test_what_is_usual_is_read_from_the_last_five_good_attempts() -> None:
    def took(seconds: float, state: str = AttemptState.DONE) -> Record:
        ended = NOON + timedelta(seconds=seconds)
        return record(replace(row(DEPLOY, state), ended_at=ended))

    runs = [took(900, AttemptState.FAILED), *(took(seconds) for seconds in (1, 2, 3, 4, 5, 600))]
    assert usual_times(runs)[DEPLOY] == UsualTime(seconds=(1, 2, 3, 4, 5))


def test_a_slow_step_is_told_once_with_the_numbers_and_who_is_to_look(tmp_path: Path) -> None:
    page = small(**{'takes = "10 min"': 'takes = "10 min"\nlimit = "1 h"'})
    store = Store(tmp_path / "gonogo.db")
    first = start(store, page, StartRequest(), WHO, PEOPLE, NOON)
    store.begin_attempt(first.id, DEPLOY, 1, NOON)
    ended = Attempt(step=DEPLOY, attempt=1, state=AttemptState.DONE, began_at=NOON)
    store.end_attempt(first.id, ended, NOON + timedelta(minutes=4))
    store.move_run(first.id, RunState.KEPT, NOON + timedelta(minutes=5))
    run = start(store, page, StartRequest(), WHO, PEOPLE, NOON)
    store.begin_attempt(run.id, DEPLOY, 1, NOON)
    for minutes in (4, 5, 6):
        watch = SlowStepMonitor(store, page, run.id)  # a new one each time, as after a restart
        watch.tell(store.record(run.id), NOON + timedelta(minutes=minutes))
    told: list[Any] = [event.data for event in store.events(run.id) if event.data.stored_kind == "slow"]
    assert [one.summary for one in told] == [
        "it runs for 5 min, in the last run it took 4 min; after 1 h it is given up"
    ], told
    assert told[0].roles == ("lead",)
    store.close()


def test_the_newest_rollbacks_count_however_many_runs_were_kept_since(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    back = "put-the-old-code-back"
    for number in range(8):
        run = start(store, PAGE, StartRequest(), WHO, PEOPLE, NOON)
        if number == 0:
            store.begin_attempt(run.id, back, 1, NOON)
            ended = Attempt(step=back, attempt=1, state=AttemptState.DONE, began_at=NOON)
            store.end_attempt(run.id, ended, NOON + timedelta(minutes=4))
            store.move_run(run.id, RunState.ROLLING_BACK, NOON)
        store.move_run(run.id, RunState.KEPT if number else RunState.ROLLED_BACK, NOON + timedelta(minutes=5))
    now = start(store, PAGE, StartRequest(), WHO, PEOPLE, NOON)
    assert usual_times_before(store, now)[back] == UsualTime(seconds=(240.0,))
    store.close()


def test_the_runner_tells_of_a_slow_step_while_it_still_runs(tmp_path: Path) -> None:
    show = Show(tmp_path)
    show.world.hang("npm run build")  # takes 4 min on the page
    show.engine.start()
    try:
        show.play(until=running(show, "frontend-build"))
        assert show.events("slow") == []
        show.world.clock.move(minutes=7)
        show.play(until=lambda: bool(show.events("slow")), seconds=10)
        assert running(show, "frontend-build")(), "it was not stopped by being slow"
        show.roll_back()
        show.play()
        assert len(show.events("slow")) == 1
    finally:
        show.close()


def test_a_slow_step_does_not_keep_the_runner_busy(tmp_path: Path) -> None:
    show = Show(tmp_path)
    show.world.hang("pg_dump")
    show.engine.start()
    show.play(until=lambda: bool(show.events("slow")), react=False)
    before = show.store.version()[1]
    time.sleep(0.5)
    assert show.store.version()[1] - before < 10, "a word that was told already wakes the loop again and again"
    show.close()

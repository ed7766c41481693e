"""T+ of a run, and jumps of the clock: found, recorded, and seen by steps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from commands.progress.clock import ClockMonitor, elapsed
from commands.progress.step_state import WATCH
from commands.run.context import ContextFactory
from commands.runbook.page import Part
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.kinds.traffic import TrafficStep
from state.facts import Actor, Door, Hold, Resume
from state.records import Attempt, AttemptState
from state.sqlite.store import Store
from tests.clock import Clock
from tests.pages import NOON, attempt_at, payload, record, small
from tests.simulated_run import SimulatedRun
from tests.world import World

PAGE = small()
WHO = Actor(person="U1", door=Door.SLACK)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


# -- T+ ---------------------------------------------------------------------------------------------------------------


def test_t_plus_is_real_time_until_the_run_ends() -> None:
    assert elapsed(record(), NOON + minutes(5)) == minutes(5)
    ended = record(attempt_at("ready", AttemptState.DONE), ended_at=NOON + minutes(7), state="kept")
    assert elapsed(ended, NOON + minutes(60)) == minutes(7)


def test_the_time_of_the_watch_is_multiplied_by_the_speed() -> None:
    watch = attempt_at(WATCH, AttemptState.RUNNING, after=3)
    over = replace(watch, state=AttemptState.DONE, ended_at=NOON + minutes(5))
    assert elapsed(record(watch, speed=10.0), NOON + minutes(5)) == minutes(3 + 20)
    assert elapsed(record(over, speed=10.0), NOON + minutes(9)) == minutes(3 + 20 + 4)
    ended = record(watch, speed=10.0, ended_at=NOON + minutes(4), state="rolled back")
    assert elapsed(ended, NOON + minutes(60)) == minutes(3 + 10)
    assert elapsed(record(watch), NOON + minutes(60)) == minutes(60)


# -- a jump is found --------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A state file with run 1 of the small page, which began at noon and whose gate runs."""
    opened = Store(tmp_path / "gonogo.db")
    start(opened, PAGE, StartRequest(), WHO, {role: frozenset({"U2"}) for role in PAGE.roles}, NOON)
    opened.begin_attempt(1, "ready", 1, NOON)
    yield opened
    opened.close()


@pytest.mark.parametrize(("seconds", "jump"), [(4.9, 0), (-4.9, 0), (5, 5), (-5, -5), (3600, 3600), (-86400, -86400)])
def test_a_jump_counts_from_5_seconds_on(seconds: float, jump: float) -> None:
    clock = Clock(rate=0)
    monitor = ClockMonitor(clock)
    clock.jump(seconds=seconds)
    assert monitor.jumped() == timedelta(seconds=jump)


def test_time_that_passes_is_no_jump() -> None:
    clock = Clock(rate=0)
    monitor = ClockMonitor(clock)
    clock.move(hours=5)
    assert not monitor.jumped()


def test_small_corrections_add_up_to_a_jump() -> None:
    clock = Clock(rate=0)
    monitor = ClockMonitor(clock)
    clock.jump(seconds=3)
    assert not monitor.jumped()
    clock.jump(seconds=3)
    assert monitor.jumped() == timedelta(seconds=6)


class BusyClock(Clock):
    """A clock on a machine so busy that reading the time of day takes some seconds, one number for each reading."""

    takes: tuple[float, ...] = ()
    readings = 0

    def now(self) -> datetime:
        self.readings += 1
        if self.takes:
            self.move(seconds=self.takes[0])
            self.takes = self.takes[1:]
        return super().now()


@pytest.mark.parametrize(("takes", "readings"), [((), 1), ((0.9,), 1), ((1.0,), 2), ((30, 30), 3)])
def test_a_reading_that_takes_a_second_is_repeated_because_it_would_look_like_a_jump(
    takes: tuple[float, ...], readings: int
) -> None:
    clock = BusyClock(rate=0)
    monitor = ClockMonitor(clock)
    clock.readings, clock.takes = 0, takes
    assert not monitor.jumped()
    assert clock.readings == readings


# -- a jump is recorded -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("jump", "words"), [({"minutes": -30}, "30 min back"), ({"hours": 2}, "2 h forward")])
def test_a_jump_is_recorded_once_and_reported(store: Store, jump: dict[str, float], words: str) -> None:
    clock = Clock(rate=0, start=NOON)
    monitor = ClockMonitor(clock)
    assert not monitor.record_jump(store, store.record(1))
    clock.jump(**jump)
    assert monitor.record_jump(store, store.record(1))
    assert not monitor.record_jump(store, store.record(1))
    (event,) = [event for event in store.events(1) if event.data.stored_kind == "clock"]
    assert payload(event).summary == (
        f"The clock of the bot's machine jumped {words}. Countdowns, holds, T+ and the watch continue by the time that "
        "really passed; earlier messages show the old clock's time"
    )
    assert event.at == clock.now()


def test_after_a_jump_the_times_before_it_are_read_by_the_new_clock(store: Store) -> None:
    clock = Clock(rate=0, start=NOON)
    monitor = ClockMonitor(clock)
    monitor.record_jump(store, store.record(1))
    for _ in range(2):
        clock.jump(minutes=-30)
        assert monitor.record_jump(store, store.record(1))
    assert store.run(1).began_at == store.record(1).attempts[0].began_at == NOON - minutes(60)


@pytest.mark.parametrize("by", [60, -60])
def test_what_was_written_around_a_jump_is_known_to_be_before_or_after_it(store: Store, by: float) -> None:
    clock = Clock(rate=0, start=NOON)
    monitor = ClockMonitor(clock)
    for step in ("before", "checked", "after", "recorded"):
        store.begin_attempt(1, step, 1, clock.now())

    def end(step: str) -> None:
        store.end_attempt(1, Attempt(step=step, attempt=1, state=AttemptState.FAILED, began_at=NOON), clock.now())

    end("before")
    assert not monitor.record_jump(store, store.record(1))
    end("checked")
    store.add_fact(1, Hold(by=WHO, at=clock.now(), number=0))
    clock.jump(minutes=by)
    end("after")
    store.add_fact(1, Resume(by=WHO, at=clock.now(), number=0))
    assert monitor.record_jump(store, store.record(1))
    end("recorded")
    whole = store.record(1)
    assert [attempt.at for attempt in whole.attempts[1:]] == [clock.now()] * 4
    assert [fact.at for fact in whole.facts] == [clock.now()] * 2


def test_if_the_first_look_finds_a_jump_all_that_is_written_was_before_it(store: Store) -> None:
    clock = Clock(rate=0, start=NOON)
    monitor = ClockMonitor(clock)
    store.begin_attempt(1, "health", 1, NOON - minutes(1))
    clock.jump(minutes=-1)
    assert monitor.record_jump(store, store.record(1))
    assert [attempt.began_at for attempt in store.record(1).attempts] == [NOON - minutes(1), NOON - minutes(2)]


# -- what a step sees of it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [60, -60])
def test_a_step_gets_its_timestamps_by_the_new_clock_and_its_other_values_unchanged(tmp_path: Path, by: float) -> None:
    sim = SimulatedRun(tmp_path, World(rate=0))
    now = sim.world.clock.now
    (check,) = [step for step in sim.page.steps if "<let_in_at>" in str(step.box)]
    (opened,) = [step for step in sim.page.steps if step.part == Part.DEPLOY and "let_in_at" in step.box.outputs()]
    sim.store.begin_attempt(sim.run, opened.id, 1, now())
    values = {"seen_at": now().isoformat()}
    outcome = {"values": values, "timestamps": {"let_in_at": now().isoformat()}}
    let_in = Attempt(step=opened.id, attempt=1, state=AttemptState.DONE, began_at=now(), outcome=outcome)
    sim.store.end_attempt(sim.run, let_in, now())
    sim.store.begin_attempt(sim.run, check.id, 1, now())
    monitor = ClockMonitor(sim.world.clock)
    assert not monitor.record_jump(sim.store, sim.record)
    sim.world.clock.jump(minutes=by)
    assert monitor.record_jump(sim.store, sim.record)
    sim.world.clock.move(minutes=1)
    ctx = ContextFactory(sim.store, sim.page, sim.run, sim.world.tools()).context(check, 1, threading.Event())
    assert isinstance(check.box, TrafficStep)
    assert check.box._window(ctx) == minutes(1)
    assert now() - ctx.began_at == minutes(1)
    assert ctx.values["seen_at"] == values["seen_at"], "a value may be by another machine's clock"
    assert ctx.stamp == f"{let_in.began_at:%Y%m%dT%H%M%SZ}", "a backup is found again by the time in its name"
    sim.close()

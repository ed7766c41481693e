"""A clock that jumps while a run is under way: whatever was planned before it happens after the time that really passed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.clock import ClockMonitor, elapsed
from commands.progress.step_state import WATCH
from commands.progress.usual_time import UsualTime, slow_at
from commands.report.status import status_of
from commands.rollback.budget import due_budget_events
from commands.run.decide import BeginStep, MarkPhase, NextAct, Wait, decide
from commands.run.runner import Runner
from commands.signoff.reminders import due_reminders
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.watch.alerts import alerts_raised_by
from commands.watch.countdown import CountdownExpired, StartCountdown, held_alerts
from state.facts import Actor, Door, Fact
from state.records import Attempt, AttemptState, Position, Record
from state.sqlite.store import Store
from state.true_times import BEGAN, ENDED, EVENTS, FACTS, ClockJump, true_attempts, true_facts, true_run
from tests.clock import Clock
from tests.pages import NOON, SIGNED, payload, row, said, small
from tests.pages import record as written
from tests.show import Show
from tests.world import World

PAGE = small()
ALERT = "API response > 5 s"
BEFORE = (
    row("ready", AttemptState.DONE),
    row("put-the-code-there", AttemptState.DONE, after=1),
    row("health", AttemptState.DONE, after=2),
)
WATCHED = (*BEFORE, row(WATCH, AttemptState.RUNNING, after=3))
SLOW = (
    row("response-time", AttemptState.DONE, 1, after=3, seconds=9.0),
    row("response-time", AttemptState.DONE, 2, after=18, seconds=8.0),
)
COUNTS = (*SIGNED, said("countdown", ALERT, 1, after=19, reason="8 s"))
HELD = (*COUNTS, said("false alarm", ALERT, 1, after=19.5, said="30 min"))


@dataclass(frozen=True, kw_only=True)
class Jump:
    """A jump of the clock at its place among the facts, when so many attempts had begun."""

    minutes: float
    attempts: int
    ended: tuple[int, ...] = ()
    said: tuple[int, ...] = ()


def jump(minutes: float, *, steps: int, ended: tuple[int, ...] = (), said: tuple[int, ...] = ()) -> Jump:
    return Jump(minutes=minutes, attempts=steps, ended=ended, said=said)


def record(*rows: Attempt, facts: tuple[Fact | Jump, ...] = (), **changes: object) -> Record:
    """A record of the small page's run as it is read after the jumps among its facts."""
    found = [fact for fact in facts if isinstance(fact, Fact)]
    jumps = [_jump(facts, place) for place, one in enumerate(facts) if isinstance(one, Jump)]
    plain = written(*rows, facts=tuple(found), **changes)
    return replace(
        plain,
        run=true_run(plain.run, jumps),
        attempts=true_attempts(list(enumerate(rows, start=1)), jumps),
        facts=true_facts(list(enumerate(found, start=1)), jumps),
    )


def _jump(facts: tuple[Fact | Jump, ...], place: int) -> ClockJump:
    one = facts[place]
    assert isinstance(one, Jump)
    after = {BEGAN: (), ENDED: one.ended, FACTS: one.said, EVENTS: ()}
    before = sum(isinstance(fact, Fact) for fact in facts[:place])
    return ClockJump(
        by=timedelta(minutes=one.minutes),
        position=Position(attempt=one.attempts, fact=before),
        after={what: frozenset(place + 1 for place in places) for what, places in after.items()},
    )


def following(of: Record, minutes: float) -> NextAct:
    return decide(PAGE, of, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize("by", [1.5, 60, -60])
def test_a_countdown_lasts_a_minute_of_real_time(by: float) -> None:
    counting = record(*WATCHED, *SLOW, facts=(*COUNTS, jump(by, steps=6)))
    assert following(counting, 19.5 + by) == Wait(NOON + timedelta(minutes=20 + by))
    assert isinstance(following(counting, 20 + by), CountdownExpired)


def test_what_is_said_after_the_jump_is_by_the_new_clock() -> None:
    counting = record(*WATCHED, *SLOW, facts=(*SIGNED, jump(-60, steps=6), said("countdown", ALERT, 1, after=-41)))
    assert isinstance(following(counting, -40), CountdownExpired)


@pytest.mark.parametrize("by", [240, -60])
def test_a_hold_lasts_as_long_as_was_said(by: float) -> None:
    of = record(*WATCHED, *SLOW, facts=(*HELD, jump(by, steps=6)))
    assert held_alerts(PAGE, of, NOON + timedelta(minutes=49 + by))
    assert not held_alerts(PAGE, of, NOON + timedelta(minutes=50 + by))
    during = row("response-time", AttemptState.DONE, 3, after=33 + by, seconds=9.0)
    of = record(*WATCHED, *SLOW, during, facts=(*HELD, jump(by, steps=6)))
    assert not isinstance(following(of, 34 + by), StartCountdown), "it was measured while it was held"


@pytest.mark.parametrize("by", [240, -60])
def test_the_watch_and_its_checks_go_on_by_the_time_that_really_passed(by: float) -> None:
    good = row("response-time", AttemptState.DONE, 1, after=3, seconds=0.1)
    of = record(*WATCHED, good, facts=(*SIGNED, jump(by, steps=5)))
    assert following(of, 5 + by) == Wait(NOON + timedelta(minutes=18 + by))
    assert isinstance(following(of, 18 + by), BeginStep)
    last = row("response-time", AttemptState.DONE, 5, after=62 + by, seconds=0.1)
    of = record(*WATCHED, good, last, facts=(*SIGNED, jump(by, steps=5)))
    assert following(of, 63 + by) == MarkPhase(WATCH, over=True)
    assert elapsed(of, NOON + timedelta(minutes=63 + by)) == timedelta(minutes=63)


def test_a_rule_that_must_last_counts_the_time_that_really_passed() -> None:
    page = small(**{"in_a_row = 2": 'lasting = "10 min"'})
    first = row("response-time", AttemptState.DONE, 1, after=3, seconds=9.0)
    soon = row("response-time", AttemptState.DONE, 2, after=64, seconds=9.0)
    of = record(*WATCHED, first, soon, facts=(*SIGNED, jump(60, steps=5)))
    assert not isinstance(decide(page, of, NOON + timedelta(minutes=65)), StartCountdown)


def test_the_time_of_a_rollback_and_of_its_steps_is_real() -> None:
    back = row("put-the-old-code-back", AttemptState.RUNNING, after=20)
    facts = (*SIGNED, said("rollback", after=20), jump(30, steps=4))
    of = record(*BEFORE, back, facts=facts, state="rolling back")
    now = NOON + timedelta(minutes=51)
    assert status_of(PAGE, of, now).rollback_left == timedelta(minutes=14)
    assert due_budget_events(PAGE, of, {}, now) == []
    usual = {"put-the-old-code-back": UsualTime(seconds=(60.0,))}
    assert slow_at(PAGE, of, usual) == {("put-the-old-code-back", 1): NOON + timedelta(minutes=51.5)}


def test_people_are_not_chased_for_a_silence_that_did_not_last() -> None:
    waits = record(row("ready", AttemptState.DONE), facts=(jump(60, steps=1),))
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=61)) == []
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=75))


@pytest.mark.parametrize("by", [60, -60])
def test_a_step_that_fails_after_the_jump_is_chased_from_its_end_on(by: float) -> None:
    failed = replace(row("put-the-code-there", AttemptState.FAILED, after=1), ended_at=NOON + timedelta(minutes=3 + by))
    waits = record(row("ready", AttemptState.DONE), failed, facts=(*SIGNED, jump(by, steps=2, ended=(1,))))
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=17 + by)) == []
    (news,) = due_reminders(PAGE, waits, NOON + timedelta(minutes=18 + by))
    assert (payload(news).silent, payload(news).loud) == ("15 min", False)


@pytest.mark.parametrize("by", [60, -60])
def test_a_step_that_failed_before_the_jump_is_chased_by_the_time_that_really_passed(by: float) -> None:
    failed = replace(row("put-the-code-there", AttemptState.FAILED, after=1), ended_at=NOON + timedelta(minutes=3))
    waits = record(row("ready", AttemptState.DONE), failed, facts=(*SIGNED, jump(by, steps=2)))
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=17 + by)) == []
    assert payload(due_reminders(PAGE, waits, NOON + timedelta(minutes=18 + by))[0]).silent == "15 min"


@pytest.mark.parametrize(("lasts", "by", "level"), [(1, 60, "warning"), (16, -60, "alert")])
def test_a_look_during_which_the_clock_jumped_lasted_as_long_as_it_really_did(
    lasts: float, by: float, level: str
) -> None:
    first = replace(
        row("response-time", AttemptState.DONE, 1, after=3, seconds=9.0),
        ended_at=NOON + timedelta(minutes=3 + lasts + by),
    )
    later = row(
        "response-time", AttemptState.DONE, 3, after=33 + by, seconds=9.0
    )  # the second one was due, or passed over
    of = record(*WATCHED, first, later, facts=(*SIGNED, jump(by, steps=5, ended=(4,))))
    assert [raised.level for raised in alerts_raised_by(PAGE, of, "response-time")] == [level]


def test_a_hold_between_a_jump_and_its_note_is_by_the_new_clock() -> None:
    false_alarm = said("false alarm", ALERT, 1, after=-40, said="30 min")
    of = record(*WATCHED, *SLOW, facts=(*COUNTS, false_alarm, jump(-60, steps=6, said=(3,))))
    assert held_alerts(PAGE, of, NOON + timedelta(minutes=-11))
    assert not held_alerts(PAGE, of, NOON + timedelta(minutes=-10))


def test_a_jump_is_written_once_with_what_was_before_it(tmp_path: Path) -> None:
    store, wall = Store(tmp_path / "gonogo.db"), Clock(rate=1)
    people = {role: frozenset({role}) for role in PAGE.roles}
    run = start(store, PAGE, StartRequest(), Actor(person="U1", door=Door.SLACK), people, NOON).id
    store.begin_attempt(run, "ready", 1, NOON)
    watch = ClockMonitor(wall)
    wall.move(hours=1)
    assert not watch.note(store, store.record(run)), "that was time that passed"
    wall.jump(seconds=4)
    assert not watch.note(store, store.record(run)), "a clock is put right by seconds all the time"
    wall.jump(minutes=-30)
    assert watch.note(store, store.record(run))
    assert not watch.note(store, store.record(run))
    assert "went 29 min back" in payload(store.events(run)[-1]).summary
    moved = store.run(run).began_at - NOON
    assert moved.total_seconds() == pytest.approx(-1796, abs=1), "what was before it is by the new clock from now on"
    assert store.record(run).attempts[0].began_at == store.run(run).began_at


def test_a_runner_that_waits_notices_a_clock_that_goes_back(tmp_path: Path) -> None:
    show = Show(tmp_path, World(rate=1))
    runner = Runner(show.store, show.page, show.run, show.world.tools())
    threading.Timer(0.3, lambda: show.world.clock.jump(hours=-1)).start()
    threading.Timer(6, runner._leaving.set).start()
    began = time.monotonic()
    runner._sleep(show.record, show.world.clock.now() + timedelta(seconds=8))
    assert time.monotonic() - began < 4, "a countdown would have been drawn out by an hour"
    show.close()


@pytest.mark.parametrize("jumps", [{"minutes": 2}, {"hours": -1}])
def test_a_countdown_that_runs_is_not_cut_short_nor_drawn_out(tmp_path: Path, jumps: dict[str, float]) -> None:
    show = Show(tmp_path)
    show.engine.start()
    try:
        show.play(
            until=lambda: (
                AttemptState.DONE in [row.state for row in show.record.attempts if row.step == "api-response-time"]
            )
        )
        slow = [_slow(show, number) for number in (901, 902)]
        show.play(until=lambda: bool(show.events("alert")), react=False)
        assert slow
        began = show.world.clock.monotonic()
        show.world.clock.jump(**jumps)
        show.play(until=lambda: show.record.rollback is not None, seconds=20, react=False)
        assert 55 < show.world.clock.monotonic() - began < 120
        assert len(show.events("clock")) == 1
    finally:
        show.close()


def _slow(show: Show, attempt: int) -> Attempt:
    """A slow answer that is written into the watch."""
    made = Attempt(step="api-response-time", attempt=attempt, state=AttemptState.DONE, began_at=show.world.clock.now())
    made.outcome["measures"] = {"seconds": 9.0}
    show.store.begin_attempt(show.run, made.step, attempt, made.began_at)
    show.store.end_attempt(show.run, made, made.began_at)
    return made

"""The clock jumps during a run: everything planned follows real time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.clock import elapsed
from commands.progress.step_state import WATCH
from commands.progress.usual_time import UsualTime, slow_at
from commands.report.status import status_of
from commands.rollback.budget import due_budget_events
from commands.run.decide import decide
from commands.run.instructions import BeginStep, Instruction, MarkPhase, Wait
from commands.signoff.reminders import due_reminders
from commands.watch.alerts import alerts_raised_by
from commands.watch.countdown import CountdownExpired, StartCountdown, held_alerts
from state.facts import Fact
from state.records import Attempt, AttemptState, Position, Record
from state.true_times import BEGAN, ENDED, EVENTS, FACTS, ClockJump, true_attempts, true_facts, true_run
from tests.pages import NOON, SIGNED, attempt_at, fact, payload, small
from tests.pages import record as plain_record
from tests.simulated_run import SimulatedRun

PAGE = small()
ALERT = "API response > 5 s"
BEFORE = (
    attempt_at("ready", AttemptState.DONE),
    attempt_at("put-the-code-there", AttemptState.DONE, after=1),
    attempt_at("health", AttemptState.DONE, after=2),
)
WATCHED = (*BEFORE, attempt_at(WATCH, AttemptState.RUNNING, after=3))
SLOW = (
    attempt_at("response-time", AttemptState.DONE, 1, after=3, seconds=9.0),
    attempt_at("response-time", AttemptState.DONE, 2, after=18, seconds=8.0),
)
COUNTS = (*SIGNED, fact("countdown", ALERT, 1, after=19, reason="8 s"))
HELD = (*COUNTS, fact("false alarm", ALERT, 1, after=19.5, said="30 min"))


@dataclass(frozen=True, kw_only=True)
class Jump:
    """A jump of the clock, at its place among the facts, when so many `attempts` had begun.

    `ended` and `facts` are the places of attempts and facts from before its record that show the new clock.
    """

    minutes: float
    attempts: int
    ended: tuple[int, ...] = ()
    facts: tuple[int, ...] = ()


def record(*attempts: Attempt, facts: tuple[Fact | Jump, ...] = (), **changes: object) -> Record:
    """A record of the small page's run as it is read after the jumps among its facts."""
    people = tuple(one for one in facts if isinstance(one, Fact))
    jumps = [_jump(facts, place) for place, one in enumerate(facts) if isinstance(one, Jump)]
    plain = plain_record(*attempts, facts=people, **changes)
    return replace(
        plain,
        run=true_run(plain.run, jumps),
        attempts=true_attempts(list(enumerate(attempts, start=1)), jumps),
        facts=true_facts(list(enumerate(people, start=1)), jumps),
    )


def _jump(facts: tuple[Fact | Jump, ...], place: int) -> ClockJump:
    jump = facts[place]
    assert isinstance(jump, Jump)
    after = {BEGAN: (), ENDED: jump.ended, FACTS: jump.facts, EVENTS: ()}
    before = sum(isinstance(one, Fact) for one in facts[:place])
    return ClockJump(
        by=timedelta(minutes=jump.minutes),
        position=Position(attempt=jump.attempts, fact=before),
        after={what: frozenset(place + 1 for place in places) for what, places in after.items()},
    )


def instruction(of: Record, minutes: float) -> Instruction:
    """What `decide` says some minutes past noon."""
    return decide(PAGE, of, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize("by", [1.5, 60, -60])
def test_a_countdown_lasts_a_minute_of_real_time(by: float) -> None:
    counting = record(*WATCHED, *SLOW, facts=(*COUNTS, Jump(minutes=by, attempts=6)))
    assert instruction(counting, 19.5 + by) == Wait(NOON + timedelta(minutes=20 + by))
    assert isinstance(instruction(counting, 20 + by), CountdownExpired)


def test_a_fact_after_the_jump_has_the_new_clocks_time() -> None:
    counting = record(
        *WATCHED, *SLOW, facts=(*SIGNED, Jump(minutes=-60, attempts=6), fact("countdown", ALERT, 1, after=-41))
    )
    assert isinstance(instruction(counting, -40), CountdownExpired)


@pytest.mark.parametrize("by", [240, -60])
def test_a_held_alert_is_held_for_its_real_time(by: float) -> None:
    of = record(*WATCHED, *SLOW, facts=(*HELD, Jump(minutes=by, attempts=6)))
    assert held_alerts(PAGE, of, NOON + timedelta(minutes=49 + by))
    assert not held_alerts(PAGE, of, NOON + timedelta(minutes=50 + by))
    during = attempt_at("response-time", AttemptState.DONE, 3, after=33 + by, seconds=9.0)
    of = record(*WATCHED, *SLOW, during, facts=(*HELD, Jump(minutes=by, attempts=6)))
    assert not isinstance(instruction(of, 34 + by), StartCountdown), "a sample from the time of the hold counts"


@pytest.mark.parametrize("by", [240, -60])
def test_the_watch_and_its_checks_follow_real_time(by: float) -> None:
    good = attempt_at("response-time", AttemptState.DONE, 1, after=3, seconds=0.1)
    of = record(*WATCHED, good, facts=(*SIGNED, Jump(minutes=by, attempts=5)))
    assert instruction(of, 5 + by) == Wait(NOON + timedelta(minutes=18 + by))
    assert isinstance(instruction(of, 18 + by), BeginStep)
    last = attempt_at("response-time", AttemptState.DONE, 5, after=62 + by, seconds=0.1)
    of = record(*WATCHED, good, last, facts=(*SIGNED, Jump(minutes=by, attempts=5)))
    assert instruction(of, 63 + by) == MarkPhase(WATCH, over=True)
    assert elapsed(of, NOON + timedelta(minutes=63 + by)) == timedelta(minutes=63)


def test_an_alert_that_must_last_counts_real_time() -> None:
    page = small(**{"in_a_row = 2": 'lasting = "10 min"'})
    first = attempt_at("response-time", AttemptState.DONE, 1, after=3, seconds=9.0)
    soon = attempt_at("response-time", AttemptState.DONE, 2, after=64, seconds=9.0)
    of = record(*WATCHED, first, soon, facts=(*SIGNED, Jump(minutes=60, attempts=5)))
    assert not isinstance(decide(page, of, NOON + timedelta(minutes=65)), StartCountdown)


def test_the_time_budget_of_a_rollback_and_its_steps_is_real_time() -> None:
    back = attempt_at("put-the-old-code-back", AttemptState.RUNNING, after=20)
    facts = (*SIGNED, fact("rollback", after=20), Jump(minutes=30, attempts=4))
    of = record(*BEFORE, back, facts=facts, state="rolling back")
    now = NOON + timedelta(minutes=51)
    assert status_of(PAGE, of, now).rollback_left == timedelta(minutes=14)
    assert due_budget_events(PAGE, of, {}, now) == []
    usual = {"put-the-old-code-back": UsualTime(seconds=(60.0,))}
    assert slow_at(PAGE, of, usual) == {("put-the-old-code-back", 1): NOON + timedelta(minutes=51.5)}


def test_nobody_is_reminded_before_the_real_time_has_passed() -> None:
    waits = record(attempt_at("ready", AttemptState.DONE), facts=(Jump(minutes=60, attempts=1),))
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=61)) == []
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=75))


@pytest.mark.parametrize("by", [60, -60])
def test_reminders_about_a_failure_after_the_jump_count_from_its_end(by: float) -> None:
    failed = replace(
        attempt_at("put-the-code-there", AttemptState.FAILED, after=1), ended_at=NOON + timedelta(minutes=3 + by)
    )
    waits = record(
        attempt_at("ready", AttemptState.DONE), failed, facts=(*SIGNED, Jump(minutes=by, attempts=2, ended=(1,)))
    )
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=17 + by)) == []
    (reminder,) = due_reminders(PAGE, waits, NOON + timedelta(minutes=18 + by))
    assert (payload(reminder).silent, payload(reminder).loud) == ("15 min", False)


@pytest.mark.parametrize("by", [60, -60])
def test_reminders_about_a_failure_before_the_jump_count_real_time(by: float) -> None:
    failed = replace(
        attempt_at("put-the-code-there", AttemptState.FAILED, after=1), ended_at=NOON + timedelta(minutes=3)
    )
    waits = record(attempt_at("ready", AttemptState.DONE), failed, facts=(*SIGNED, Jump(minutes=by, attempts=2)))
    assert due_reminders(PAGE, waits, NOON + timedelta(minutes=17 + by)) == []
    assert payload(due_reminders(PAGE, waits, NOON + timedelta(minutes=18 + by))[0]).silent == "15 min"


@pytest.mark.parametrize(("lasts", "by", "level"), [(1, 60, "warning"), (16, -60, "alert")])
def test_a_sample_during_which_the_clock_jumped_has_its_real_length(lasts: float, by: float, level: str) -> None:
    first = replace(
        attempt_at("response-time", AttemptState.DONE, 1, after=3, seconds=9.0),
        ended_at=NOON + timedelta(minutes=3 + lasts + by),
    )
    # sample 2 was missed, or sample 1 took so long that it was not due
    later = attempt_at("response-time", AttemptState.DONE, 3, after=33 + by, seconds=9.0)
    of = record(*WATCHED, first, later, facts=(*SIGNED, Jump(minutes=by, attempts=5, ended=(4,))))
    assert [raised.level for raised in alerts_raised_by(PAGE, of, "response-time")] == [level]


def test_a_held_alert_between_a_jump_and_its_record_has_the_new_clocks_time() -> None:
    false_alarm = fact("false alarm", ALERT, 1, after=-40, said="30 min")
    of = record(*WATCHED, *SLOW, facts=(*COUNTS, false_alarm, Jump(minutes=-60, attempts=6, facts=(3,))))
    assert held_alerts(PAGE, of, NOON + timedelta(minutes=-11))
    assert not held_alerts(PAGE, of, NOON + timedelta(minutes=-10))


@pytest.mark.parametrize("jump", [{"minutes": 2}, {"hours": -1}])
def test_a_running_countdown_gets_neither_shorter_nor_longer(tmp_path: Path, jump: dict[str, float]) -> None:
    sim = SimulatedRun(tmp_path)
    sim.engine.start()
    try:
        sim.advance(until=lambda: sampled(sim))
        for number in (901, 902):
            slow_sample(sim, number)
        sim.advance(until=lambda: bool(sim.events("alert")), sign=False)
        began = sim.world.clock.monotonic()
        sim.world.clock.jump(**jump)
        sim.advance(until=lambda: sim.record.rollback is not None, timeout=20, sign=False)
        assert 55 < sim.world.clock.monotonic() - began < 120, "the countdown did not last about a minute"
        assert len(sim.events("clock")) == 1
    finally:
        sim.close()


def sampled(sim: SimulatedRun) -> bool:
    """Whether the check of the response time has a sample."""
    return any(
        attempt.step == "api-response-time" and attempt.state == AttemptState.DONE for attempt in sim.record.attempts
    )


def slow_sample(sim: SimulatedRun, number: int) -> None:
    """Write a sample over the limit into the watch."""
    now = sim.world.clock.now()
    sample = Attempt(
        step="api-response-time",
        attempt=number,
        state=AttemptState.DONE,
        began_at=now,
        outcome={"measures": {"seconds": 9.0}},
    )
    sim.store.begin_attempt(sim.run, sample.step, number, now)
    sim.store.end_attempt(sim.run, sample, now)

"""True times: what a jump of the clock corrects, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from state.events import StatusDue
from state.records import Attempt, AttemptState, Event, Position
from state.true_times import ClockJump, WrittenRecord, find_jump, true_attempts, true_event, true_facts, true_run
from tests.pages import NOON, row, run, said

HOUR = timedelta(hours=1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def attempt(began: float, ended: float | None = None, **timestamps: float) -> Attempt:
    """An attempt with its times in minutes after noon."""
    state = AttemptState.RUNNING if ended is None else AttemptState.DONE
    outcome = {"timestamps": {name: at(minutes).isoformat() for name, minutes in timestamps.items()}}
    written = replace(row("deploy", state, after=began), outcome=outcome if timestamps else {})
    return written if ended is None else replace(written, ended_at=at(ended))


def jump(
    minutes: float,
    *,
    position: Position | None = None,
    began: Iterable[int] = (),
    ended: Iterable[int] = (),
    facts: Iterable[int] = (),
    events: Iterable[int] = (),
) -> ClockJump:
    """A jump after the first row of each kind, and the rows before it whose times are by the new clock."""
    after = {"began": began, "ended": ended, "said": facts, "told": events}
    return ClockJump(
        by=timedelta(minutes=minutes),
        position=position or Position(attempt=1, fact=1, event=1),
        after={key: frozenset(numbers) for key, numbers in after.items()},
    )


def event(number: int, minutes: float) -> Event:
    return Event(id=number, run=1, at=at(minutes), step="x", data=StatusDue(slot=3))


# -- reading --------------------------------------------------------------------------------------------------------


def test_without_a_jump_every_time_is_as_written() -> None:
    rows = [(1, attempt(1, 2, let_in_at=2))]
    assert true_attempts(rows, []) == (rows[0][1],)
    facts = [(1, said("keep", after=3))]
    assert true_facts(facts, []) == (facts[0][1],)
    assert true_event(event(1, 4), []) == event(1, 4)
    assert true_run(run(), []) == run()


@pytest.mark.parametrize("by", [60, -60])
def test_what_was_written_before_the_jump_is_corrected_and_what_was_written_after_it_is_not(by: float) -> None:
    rows = [(1, attempt(1, 2)), (2, attempt(3 + by, 4 + by))]
    before, after = true_attempts(rows, [jump(by)])
    assert (before.began_at, before.ended_at) == (at(1 + by), at(2 + by))
    assert after == rows[1][1]
    facts = [(1, said("hold", after=5)), (2, said("resume", after=6 + by))]
    assert [fact.at for fact in true_facts(facts, [jump(by)])] == [at(5 + by), at(6 + by)]
    assert [true_event(event(n, 7), [jump(by)]).at for n in (1, 2)] == [at(7 + by), at(7)]


def test_only_the_time_is_corrected() -> None:
    fact = said("answer", "deploy", 2, said="skip", reason="late")
    (corrected,) = true_facts([(1, fact)], [jump(60)])
    assert corrected == replace(fact, at=fact.at + HOUR)
    assert true_event(event(1, 0), [jump(60)]) == event(1, 60)
    deploy = replace(attempt(1, 2), summary="exit 1", written_at="then", outcome={"measures": {"seconds": 2.0}})
    (moved,) = true_attempts([(1, deploy)], [jump(60)])
    assert moved == replace(deploy, began_at=at(61), ended_at=at(62))


def test_the_numbers_of_other_runs_lie_between_and_change_nothing() -> None:
    far = jump(60, position=Position(attempt=7, fact=7, event=7))
    rows = [(5, attempt(1, 2)), (7, attempt(1, 2)), (8, attempt(63, 64))]
    assert [one.began_at for one in true_attempts(rows, [far])] == [at(61), at(61), at(63)]


def test_several_jumps_add_up() -> None:
    jumps = [jump(60), jump(-10, position=Position(attempt=2, fact=2, event=2))]
    rows = [(1, attempt(1, 2)), (2, attempt(62, 63)), (3, attempt(54, 55))]
    assert [(one.began_at, one.ended_at) for one in true_attempts(rows, jumps)] == [
        (at(51), at(52)),
        (at(52), at(53)),
        (at(54), at(55)),
    ]
    facts = [(n, said("hold", "", n, after=minutes)) for n, minutes in ((1, 1), (2, 62), (3, 54))]
    assert [fact.at for fact in true_facts(facts, jumps)] == [at(51), at(52), at(54)]
    assert [true_event(event(n, 0), jumps).at for n in (1, 2, 3)] == [at(50), at(-10), at(0)]
    assert true_run(run(), jumps).began_at == at(50)


def test_an_attempt_that_runs_over_the_jump_began_before_it_and_ended_after_it() -> None:
    rows = [(1, attempt(1, 63, let_in_at=63)), (1, attempt(1))]
    over, running = true_attempts(rows, [jump(60, ended=[1])])
    assert (over.began_at, over.ended_at) == (at(61), at(63))
    assert over.outcome["timestamps"] == {"let_in_at": at(63).isoformat()}, "it was noted when the attempt ended"
    assert (running.began_at, running.ended_at) == (at(61), None)


def test_the_timestamps_of_an_outcome_are_corrected_like_the_end() -> None:
    (deploy,) = true_attempts([(1, attempt(1, 2, let_in_at=1.5, restarted_at=-5))], [jump(60)])
    times = {"let_in_at": at(61.5).isoformat(), "restarted_at": at(55).isoformat()}
    assert deploy.outcome == {"timestamps": times}
    assert deploy.values == times


def test_what_is_written_in_the_store_is_not_changed_by_reading_it() -> None:
    written = attempt(1, 2, let_in_at=1.5)
    true_attempts([(1, written)], [jump(60)])
    assert written == attempt(1, 2, let_in_at=1.5)


@pytest.mark.parametrize("key", ["began", "ended", "facts", "events"])
def test_a_row_before_the_jump_that_is_by_the_new_clock_is_not_corrected(key: str) -> None:
    excepted = jump(60, **{key: [1]})  # type: ignore[arg-type]
    (deploy,) = true_attempts([(1, attempt(1, 2))], [excepted])
    (keep,) = true_facts([(1, said("keep"))], [excepted])
    corrected = {
        "began": deploy.began_at == at(61),
        "ended": deploy.ended_at == at(62),
        "facts": keep.at == at(60),
        "events": true_event(event(1, 0), [excepted]).at == at(60),
    }
    assert [name for name, is_so in corrected.items() if not is_so] == [key]


def test_the_start_of_a_run_is_corrected_by_every_jump_and_its_end_by_none() -> None:
    over = run(state="kept", ended_at=at(90))
    assert true_run(over, [jump(60)]) == replace(over, began_at=at(60))


# -- finding --------------------------------------------------------------------------------------------------------

# the clock was right when the first row of each kind had been written
RIGHT = Position(attempt=1, fact=1, event=1, ended=frozenset({1}))


def found(
    attempts: list[Attempt],
    facts: Iterable[float] = (),
    events: Iterable[float] = (),
    *,
    by: float = 60,
    now: float = 75,
    since: Position = RIGHT,
) -> ClockJump:
    """The jump that is found `now`, in rows that are numbered from 1."""
    written = WrittenRecord(
        attempts=list(enumerate(attempts, start=1)),
        facts=[(n, said("hold", "", n, after=minutes)) for n, minutes in enumerate(facts, start=1)],
        events=[(n, at(minutes)) for n, minutes in enumerate(events, start=1)],
    )
    return find_jump(written, timedelta(minutes=by), at(now), since)


def test_the_jump_is_placed_after_everything_that_is_written() -> None:
    jumped = found([attempt(1, 2), attempt(3, 4)], [1, 2, 3], [1])
    assert jumped.by == HOUR
    assert jumped.position == Position(attempt=2, fact=3, event=1, ended=frozenset({1, 2}))
    nothing = found([])
    assert nothing.position == Position()


@pytest.mark.parametrize(("by", "now"), [(60, 75), (-60, -45)])
def test_what_was_written_since_the_clock_was_right_is_by_the_nearer_clock(by: float, now: float) -> None:
    """At 12:15 by the old clock the jump is found; what was written just before may be by either clock."""
    old, new = 14.0, now - 1
    jumped = found(
        [attempt(1, 2), attempt(old, old), attempt(new, new), attempt(old, new)],
        [1, old, new],
        [1, old, new],
        by=by,
        now=now,
    )
    assert jumped.after == {
        "began": frozenset({3}),
        "ended": frozenset({3, 4}),
        "said": frozenset({3}),
        "told": frozenset({3}),
    }


def test_exactly_between_the_clocks_the_old_one_counts() -> None:
    jumped = found([attempt(1, 2), attempt(45, 45)], [1, 45], [1, 45])
    assert jumped.after == dict.fromkeys(("began", "ended", "said", "told"), frozenset())


def test_what_was_written_while_the_clock_was_right_is_by_the_old_clock_whatever_its_time() -> None:
    jumped = found([attempt(74, 74)], [74], [74])
    assert jumped.after == dict.fromkeys(("began", "ended", "said", "told"), frozenset())


def test_an_attempt_that_is_still_running_will_end_by_the_new_clock() -> None:
    jumped = found([attempt(1), attempt(14)])
    assert jumped.after["ended"] == frozenset({1, 2})
    assert jumped.after["began"] == frozenset()


def test_an_old_attempt_that_ended_since_the_clock_was_right_is_by_the_nearer_clock() -> None:
    running = Position(attempt=2, fact=0, event=0)
    jumped = found([attempt(1, 74), attempt(1, 14)], since=running)
    assert jumped.after["ended"] == frozenset({1})

"""The fourth migration with clock jumps: every time is the true time afterwards."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from state.events import ClockJumped
from state.facts import Actor, Door, Resume
from state.records import AttemptState
from state.sqlite.store import Store
from tests.state.sqlite.samples import OldRecord, at

U2 = Actor(person="U2", door=Door.SLACK)


def minutes(path: Path, run: int = 1) -> dict[str, float]:
    """When each fact was written, in true minutes after noon, by its key."""
    with closing(Store(path)) as store:
        return {fact.key: (fact.at - at(0)) / timedelta(minutes=1) for fact in store.record(run).facts}


def test_a_clock_jump_is_no_fact_and_corrects_the_times_before_it(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.step("before", began=1, ended=2, outcome={"values": {"let_in_at": at(2).isoformat()}})
        old.fact("hold", "hold:0", 3)
        old.event("hold", 3, {"person": "U2"})
        old.jump(1, found=64, by=60, attempts=1)
        old.step("after", began=65, ended=66, outcome={"values": {"let_in_at": at(66).isoformat()}})
        old.fact("resume", "resume:0", 67)
        old.event("resume", 67, {"person": "U2"})
    assert minutes(path) == {"hold:0": 63, "resume:0": 67}
    with closing(Store(path)) as store:
        record = store.record(1)
        assert record.run.began_at == at(60)
        assert [(one.began_at, one.ended_at) for one in record.attempts] == [(at(61), at(62)), (at(65), at(66))]
        assert [one.values["let_in_at"] for one in record.attempts] == [at(62).isoformat(), at(66).isoformat()]
        events = store.events(1)
    assert [event.at for event in events] == [at(63), at(64), at(67)]
    assert events[1].data == ClockJumped(summary="went")


def test_a_clock_that_went_back_corrects_the_events_before_it_too(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.event("hold", 50, {})
        old.event("resume", 70, {})
        old.jump(1, found=11, by=-60, attempts=0)
        old.event("hold", 12, {})
    with closing(Store(path)) as store:
        assert [event.at for event in store.events(1)] == [at(-10), at(10), at(11), at(12)]


def test_several_jumps_add_up(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.step("a", began=1, ended=2)
        old.fact("hold", "hold:0", 2)
        old.event("hold", 2, {})
        old.jump(1, found=63, by=60, attempts=1)
        old.step("b", began=64, ended=65)
        old.fact("resume", "resume:0", 65)
        old.event("resume", 65, {})
        old.jump(2, found=56, by=-10, attempts=2)
        old.fact("hold", "hold:1", 57)
        old.event("hold", 57, {})
    assert minutes(path) == {"hold:0": 52, "resume:0": 55, "hold:1": 57}
    with closing(Store(path)) as store:
        record = store.record(1)
        assert record.run.began_at == at(50)
        assert [one.began_at for one in record.attempts] == [at(51), at(54)]
        assert [event.at for event in store.events(1)] == [at(52), at(53), at(55), at(56), at(57)]


def test_what_was_written_between_the_jump_and_its_note_keeps_its_time(path: Path) -> None:
    after = json.dumps({"ended": [0, 2], "said": [1]})
    with OldRecord(path) as old:
        old.run(1)
        old.step("runs over the jump", began=1, ended=62)
        old.step("ended before it", began=1, ended=2)
        old.step("still running", state="running", began=1)
        old.fact("hold", "hold:0", 3)
        old.fact("resume", "resume:0", 63)
        old.jump(1, found=64, by=60, attempts=3, reason=after)
    assert minutes(path) == {"hold:0": 63, "resume:0": 63}
    with closing(Store(path)) as store:
        attempts = store.record(1).attempts
        assert [(one.began_at, one.ended_at) for one in attempts] == [
            (at(61), at(62)),
            (at(61), at(62)),
            (at(61), None),
        ]


def test_the_places_in_a_jump_count_the_attempts_and_facts_of_its_own_run(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.run(2)
        for run in (1, 2):
            old.step("first", began=1, ended=2, run=run)
            old.step("second", began=1, ended=62, run=run)
            old.fact("hold", "hold:0", 2, run=run)
            old.fact("resume", "resume:0", 62, run=run)
        old.jump(1, found=63, by=60, attempts=2, reason=json.dumps({"ended": [1], "said": [1]}), run=2)
    assert minutes(path, 1) == {"hold:0": 2, "resume:0": 62}
    assert minutes(path, 2) == {"hold:0": 62, "resume:0": 62}
    with closing(Store(path)) as store:
        assert [one.ended_at for one in store.record(1).attempts] == [at(2), at(62)]
        assert [one.ended_at for one in store.record(2).attempts] == [at(62), at(62)]
        assert store.run(1).began_at == at(0)


def test_a_jump_before_the_first_attempt_corrects_no_attempt(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.jump(1, found=61, by=60, attempts=0)
        old.step("a", began=62, ended=63)
    with closing(Store(path)) as store:
        (attempt,) = store.record(1).attempts
        assert (attempt.began_at, attempt.ended_at) == (at(62), at(63))


def test_places_that_the_run_does_not_have_are_left_out(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.step("a", began=1, ended=2)
        old.jump(1, found=61, by=60, attempts=1, reason=json.dumps({"ended": [1], "said": [7]}))
    with closing(Store(path)) as store:
        assert store.record(1).attempts[0].ended_at == at(62)


def test_what_is_written_after_the_migration_is_by_the_new_clock(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.step("a", state="running", began=1)
        old.fact("hold", "hold:0", 2)
        old.jump(1, found=63, by=60, attempts=1, reason=json.dumps({"ended": [0], "said": []}))
        old.jump(2, found=54, by=-10, attempts=1, reason=json.dumps({"ended": [0], "said": []}))
    with closing(Store(path)) as store:
        running = store.record(1).attempts[0]
        store.end_attempt(1, replace(running, state=AttemptState.DONE), at(55))
        store.begin_attempt(1, "b", 1, at(55))
        assert store.add_fact(1, Resume(by=U2, at=at(56), number=0))
        store.add_events(1, at(57))
        record = store.record(1)
        assert [(one.began_at, one.ended_at) for one in record.attempts] == [(at(51), at(55)), (at(55), None)]
        assert [fact.at for fact in record.facts] == [at(52), at(56)]

"""A clock that jumps: how far is written with the run, so that what was planned before it counts the time that really passed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from commands.ports.tools import Clock
from commands.progress.step_state import WATCH
from commands.runbook.people import BOT
from commands.text.durations import say
from state.records import Fact, News, Record, Run, Step
from state.sqlite.store import Store

LEAST = timedelta(seconds=5)  # what a clock may be put right by without a word; a countdown lasts twelve times as long
STILL = 1.0  # seconds within which both clocks must be read, so that a busy machine is not taken for a jump
# a kind of fact: `said` is the jump in seconds, `attempt` how many attempts at steps had begun before it; `reason` holds
# the places, in JSON, of the attempts that "ended" after it and of the facts before it in the record that were "said" after it
JUMP = "clock"


def shift(record: Record, since: Run | Step | Fact) -> timedelta:
    """By how much the clock has jumped since a run or an attempt began, or since something was said."""
    jumps = _jumps(record)
    if not jumps:
        return timedelta(0)
    # by their order, because after a clock went back no two times of day tell which of them was first
    if isinstance(since, Fact):
        place = next((n for n, fact in enumerate(record.facts) if fact.once == since.once), len(record.facts))
        jumps = [(n, jump) for n, jump in jumps if n > place and place not in _after("said", jump)]
    elif isinstance(since, Step):
        place = record.place(since)
        jumps = [(n, jump) for n, jump in jumps if jump.attempt > place]
    return _sum(jumps)


def shift_of_end(record: Record, row: Step) -> timedelta:
    """By how much the clock has jumped since an attempt ended."""
    place = record.place(row)
    return _sum(
        [(n, jump) for n, jump in _jumps(record) if jump.attempt > place and place not in _after("ended", jump)]
    )


def moment(record: Record, of: Run | Step | Fact) -> datetime:
    """When it began or was said, by the clock as it goes now: from then till now is the time that really passed."""
    return (of.at if isinstance(of, Fact) else of.began_at) + shift(record, of)


def end(record: Record, row: Step) -> datetime:
    """When an attempt ended, by the clock as it goes now; while it runs, when it began."""
    return row.ended_at + shift_of_end(record, row) if row.ended_at else moment(record, row)


def _jumps(record: Record) -> list[tuple[int, Fact]]:
    return [(place, fact) for place, fact in enumerate(record.facts) if fact.kind == JUMP]


def _after(what: str, jump: Fact) -> list[int]:
    """The places of what was "said", or "ended", after a jump although it stands before it in the record."""
    return list(json.loads(jump.reason)[what]) if jump.reason else []


def _sum(jumps: list[tuple[int, Fact]]) -> timedelta:
    return timedelta(seconds=sum(float(fact.said) for _, fact in jumps))


class JumpWatch:
    """Compares the time of day with a clock that nobody can set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = self._difference()
        self._before: Record | None = None  # the record when no jump was found last

    def jumped(self) -> timedelta:
        """How far the time of day has jumped since it was noted last; nothing where that is little."""
        jumped = self._difference() - self._ahead
        return jumped if abs(jumped) >= LEAST else timedelta(0)

    def note(self, store: Store, record: Record) -> bool:
        """Write and tell a jump; False where there is none."""
        jumped = self.jumped()
        if not jumped:
            self._before = record
            return False
        seconds, begun, now = round(jumped.total_seconds(), 3), len(record.steps), self._clock.now()
        number = sum(fact.kind == JUMP for fact in record.facts) + 1
        after = json.dumps(self._after(record, jumped, now))
        fact = BOT.fact(JUMP, f"{JUMP}:{number}", now, attempt=begun, said=f"{seconds}", reason=after)
        says = (
            f"The clock of the bot's machine went {say(abs(jumped))} {'forward' if seconds > 0 else 'back'}: countdowns, "
            "holds, T+ and the watch go on by the time that really passed; what was told before bears the time of the old clock"
        )
        store.add_fact(record.run.id, fact, News(kind="clock", data={"says": says, "title": "Clock"}))
        self._ahead += jumped
        self._before = None
        return True

    def _after(self, record: Record, jumped: timedelta, now: datetime) -> dict[str, list[int]]:
        """What in the record is by the new clock already, or will be: see `JUMP`."""
        known = self._before or record
        over = {place for place, row in enumerate(known.steps) if row.ended_at}

        def fresh(at: datetime) -> bool:
            # what was written since the clocks were compared last is of just now, by the one clock or by the other
            return abs(now - at) < abs(now - jumped - at)

        ended = [n for n, row in enumerate(record.steps) if n not in over and (not row.ended_at or fresh(row.ended_at))]
        said = [n for n, fact in enumerate(record.facts) if n >= len(known.facts) and fresh(fact.at)]
        return {"ended": ended, "said": said}

    def _difference(self) -> timedelta:
        while True:
            before, now, after = self._clock.steady(), self._clock.now(), self._clock.steady()
            if after - before < STILL:
                return now - datetime.fromtimestamp(0, now.tzinfo) - timedelta(seconds=before)


def clock(record: Record, now: datetime) -> timedelta:
    """T+ in the page's time: as on the wall, but for the watch, whose time is multiplied by the run's speed."""
    end = record.run.ended_at or now
    passed = end - moment(record, record.run)
    row = record.last(WATCH)
    if row is None:
        return passed
    watched = row.ended_at - row.began_at if row.ended_at else end - moment(record, row)
    return passed + watched * (record.run.speed - 1)

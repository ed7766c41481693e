"""A clock that jumps: how far is written with the run, so that what was planned before it counts the time that really passed."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.durations import say
from commands.tools import Clock
from commands.who import BOT
from state.records import Fact, News, Record, Run, Step
from state.store import Store

LEAST = timedelta(seconds=5)  # what a clock may be put right by without a word; a countdown lasts twelve times as long
STILL = 1.0  # seconds within which both clocks must be read, so that a busy machine is not taken for a jump
JUMP = (
    "clock"  # a kind of fact: `said` is the jump in seconds, `attempt` how many attempts at steps had begun before it
)


def shift(record: Record, since: Run | Step | Fact) -> timedelta:
    """By how much the clock has jumped since a run or an attempt began, or since something was said."""
    jumps = [(place, fact) for place, fact in enumerate(record.facts) if fact.kind == JUMP]
    if not jumps:
        return timedelta(0)
    # by their order, because after a clock went back no two times of day tell which of them was first
    if isinstance(since, Fact):
        place = next((n for n, fact in enumerate(record.facts) if fact.once == since.once), len(record.facts))
        jumps = [one for one in jumps if one[0] > place]
    elif isinstance(since, Step):
        key = (since.step, since.attempt)
        place = next((n for n, row in enumerate(record.steps) if (row.step, row.attempt) == key), len(record.steps))
        jumps = [one for one in jumps if one[1].attempt > place]
    return timedelta(seconds=sum(float(fact.said) for _, fact in jumps))


def moment(record: Record, of: Run | Step | Fact) -> datetime:
    """When it began or was said, by the clock as it goes now: from then till now is the time that really passed."""
    return (of.at if isinstance(of, Fact) else of.began_at) + shift(record, of)


class JumpWatch:
    """Compares the time of day with a clock that nobody can set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = self._difference()

    def jumped(self) -> timedelta:
        """How far the time of day has jumped since it was noted last; nothing where that is little."""
        jumped = self._difference() - self._ahead
        return jumped if abs(jumped) >= LEAST else timedelta(0)

    def note(self, store: Store, record: Record) -> bool:
        """Write and tell a jump; False where there is none."""
        jumped = self.jumped()
        if not jumped:
            return False
        seconds, begun = round(jumped.total_seconds(), 3), len(record.steps)
        number = sum(fact.kind == JUMP for fact in record.facts) + 1
        fact = BOT.fact(JUMP, f"{JUMP}:{number}", self._clock.now(), attempt=begun, said=f"{seconds}")
        says = (
            f"The clock of the bot's machine went {say(abs(jumped))} {'forward' if seconds > 0 else 'back'}: countdowns, "
            "holds, T+ and the watch go on by the time that really passed; what was told before bears the time of the old clock"
        )
        store.add_fact(record.run.id, fact, News(kind="clock", data={"says": says, "title": "Clock"}))
        self._ahead += jumped
        return True

    def _difference(self) -> timedelta:
        while True:
            before, now, after = self._clock.steady(), self._clock.now(), self._clock.steady()
            if after - before < STILL:
                return now - datetime.fromtimestamp(0, now.tzinfo) - timedelta(seconds=before)

"""The clock of a run: T+ in the page's own time, and a clock of the bot's machine that jumps."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.ports.clock import Clock
from commands.progress.step_state import WATCH
from commands.text.durations import format_duration
from state.events import ClockJumped
from state.records import NewEvent, Position, Record
from state.sqlite.store import Store

LEAST = timedelta(seconds=5)  # what a clock may be put right by without a word; a countdown lasts twelve times as long
STILL = 1.0  # seconds within which both clocks must be read, so that a busy machine is not taken for a jump


def elapsed(record: Record, now: datetime) -> timedelta:
    """T+ in the page's time: as on the wall, but for the watch, whose time is multiplied by the run's speed."""
    end = record.run.ended_at or now
    passed = end - record.run.began_at
    row = record.last(WATCH)
    if row is None:
        return passed
    return passed + ((row.ended_at or end) - row.began_at) * (record.run.speed - 1)


class ClockMonitor:
    """Compares the time of day with a clock that nobody can set, and writes a jump into the run's record.

    From then on the record's times are by the new clock (see `state.true_times`); nobody else needs to know of the jump.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = self._difference()
        self._right_at = Position()  # how far the record was written when no jump was found last

    def jumped(self) -> timedelta:
        """How far the time of day has jumped since it was noted last; nothing where that is little."""
        jumped = self._difference() - self._ahead
        return jumped if abs(jumped) >= LEAST else timedelta(0)

    def note(self, store: Store, record: Record) -> bool:
        """Write and tell a jump; False where there is none."""
        jumped = self.jumped()
        if not jumped:
            self._right_at = record.position
            return False
        way = "forward" if jumped > timedelta(0) else "back"
        summary = (
            f"The clock of the bot's machine went {format_duration(abs(jumped))} {way}: countdowns, holds, T+ and the watch "
            "go on by the time that really passed; what was told before bears the time of the old clock"
        )
        event = NewEvent(data=ClockJumped(summary=summary))
        since = self._right_at if self._right_at != Position() else record.position
        store.add_clock_jump(record.run.id, jumped, self._clock.now(), since, event)
        self._ahead += jumped
        return True

    def _difference(self) -> timedelta:
        while True:
            before, now, after = self._clock.monotonic(), self._clock.now(), self._clock.monotonic()
            if after - before < STILL:
                return now - datetime.fromtimestamp(0, now.tzinfo) - timedelta(seconds=before)

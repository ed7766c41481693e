"""The clock of a run: T+ in the page's time, and jumps of the clock on the bot's machine."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.ports.clock import Clock
from commands.progress.step_state import WATCH
from commands.runbook.page import Page
from commands.text.durations import format_duration
from state.events import ClockJumped
from state.records import NewEvent, Position, Record
from state.store import RecordStore

# the smallest difference that counts as a jump; the shortest countdown lasts twelve times as long
MIN_JUMP = timedelta(seconds=5)
# seconds within which both clocks must be read, so that a busy machine does not look like a jump
READ_LIMIT = 1.0


def elapsed(record: Record, now: datetime) -> timedelta:
    """T+ in the page's time: real time, but the time of the watch is multiplied by the run's speed."""
    end = record.run.ended_at or now
    real = end - record.run.began_at
    watch = record.last(WATCH)
    if watch is None:
        return real
    return real + ((watch.ended_at or end) - watch.began_at) * (record.run.speed - 1)


def watched_time(page: Page, record: Record, now: datetime) -> timedelta | None:
    """How much of the watch is over, at its planned speed, at most all of it. None before it starts."""
    watch = record.last(WATCH)
    if watch is None or page.watch is None:
        return None
    return min((now - watch.began_at) * record.run.speed, page.watch.lasts)


def rest_of_watch(page: Page, record: Record, now: datetime) -> timedelta | None:
    """How much of the watch is left, at its planned speed. None before it starts."""
    watched = watched_time(page, record, now)
    return None if watched is None or page.watch is None else page.watch.lasts - watched


class ClockMonitor:
    """Compares the time of day with the monotonic clock, and writes jumps of the time of day into the run's record.

    After that, the record's times are read by the new clock (see `state.true_times`), so nothing else needs to know.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = self._read_offset()
        self._right_at = Position()  # how far the record was written when the clock was last known to be right

    def jumped(self) -> timedelta:
        """How far the time of day has jumped since the last jump that was recorded; zero below MIN_JUMP."""
        jump = self._read_offset() - self._offset
        return jump if abs(jump) >= MIN_JUMP else timedelta(0)

    def record_jump(self, store: RecordStore, record: Record) -> bool:
        """Write a jump, and the event that reports it. False if there is none."""
        jump = self.jumped()
        if not jump:
            self._right_at = record.position
            return False
        way = "forward" if jump > timedelta(0) else "back"
        summary = (
            f"The clock of the bot's machine jumped {format_duration(abs(jump))} {way}. Countdowns, holds, T+ and the "
            "watch continue by the time that really passed; earlier messages show the old clock's time"
        )
        event = NewEvent(data=ClockJumped(summary=summary))
        since = self._right_at if self._right_at != Position() else record.position
        store.add_clock_jump(record.run.id, jump, self._clock.now(), since, event)
        self._offset += jump
        return True

    def _read_offset(self) -> timedelta:
        """The time of day minus the monotonic clock."""
        while True:
            before, now, after = self._clock.monotonic(), self._clock.now(), self._clock.monotonic()
            if after - before < READ_LIMIT:
                return now - datetime.fromtimestamp(0, now.tzinfo) - timedelta(seconds=before)

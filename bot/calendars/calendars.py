"""All calendars of a bot: each is read at most hourly, by a thread that nobody waits for long."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from bot.calendars.copy_file import Copy, keep_copy, load_copy
from bot.calendars.span import UnreadableCalendarError
from state.frozen import dataclass

LOG = logging.getLogger("gonogo")
LIMIT = 5.0  # seconds for which somebody who asks waits, for all calendars together
FRESH = timedelta(hours=1)
AGAIN = timedelta(minutes=1)  # after a failure

Place = str | Path


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a calendar: its events, if they reach until now, and why they are no newer; empty if fresh."""

    copy: Copy | None
    problem: str


def _stamp(place: Place) -> tuple[int, ...]:
    """What changes when a file does, which is then read at once; nothing for an address, or without the file."""
    with suppress(OSError, ValueError):
        status = place.stat() if isinstance(place, Path) else None
        return (status.st_ino, status.st_size, status.st_mtime_ns) if status else ()
    return ()


class Calendars:
    """What is known of each calendar. All threads share it; it outlives the file that names them."""

    def __init__(self, copies: Path, environ: Mapping[str, str], limit: float = LIMIT) -> None:
        """The copies are kept beside `copies`, in files whose names begin with its own."""
        self._copies = copies
        self._environ = environ
        self._limit = limit
        self._lock = threading.Lock()
        self._all: dict[Place, _Calendar] = {}

    def known(self, places: Iterable[Place], now: datetime) -> dict[Place, Known]:
        """What is known of these calendars; what is older than an hour is read first, if that is done in time."""
        with self._lock:
            for place in (asked := set(places)):
                if place not in self._all:
                    self._all[place] = _Calendar(place, self._file_of(place), self._environ)
            calendars = {place: self._all[place] for place in asked}
        reading = [calendar.refreshed(now) for calendar in calendars.values()]
        latest = time.monotonic() + self._limit
        for thread in filter(None, reading):
            thread.join(max(0.0, latest - time.monotonic()))
        return {place: calendar.known(now) for place, calendar in calendars.items()}

    def _file_of(self, place: Place) -> Path:
        """The file of its copy; the address, which may be a secret, cannot be read from the name."""
        digest = hashlib.sha256(str(place).encode(errors="replace")).hexdigest()[:16]
        return self._copies.with_name(f"{self._copies.name}.calendar-{digest}.json")


class _Calendar:
    """One of them. The lock is held for moments only, never while it is read."""

    def __init__(self, place: Place, file: Path, environ: Mapping[str, str]) -> None:
        self._place, self._file, self._environ = place, file, environ
        self._lock = threading.Lock()
        self._copy = load_copy(file)
        self._thread: threading.Thread | None = None
        self._stamp: tuple[int, ...] = ()
        self._problem = ""
        self._failed_at: datetime | None = None

    def refreshed(self, now: datetime) -> threading.Thread | None:
        """The thread that reads it, which begins if that is due; None if nothing is to be waited for."""
        with self._lock:
            if self._thread and self._thread.is_alive():
                return self._thread
            if self._is_fresh(now) and self._stamp == _stamp(self._place):
                return None
            if self._failed_at and abs(now - self._failed_at) < AGAIN:
                return None
            self._thread = threading.Thread(target=self._read, args=(now,), name="calendar", daemon=True)
            self._thread.start()
            return self._thread

    def known(self, now: datetime) -> Known:
        """What is known of it now."""
        with self._lock:
            copy = self._copy if self._copy and self._copy.knows(now) else None
            late = "" if self._is_fresh(now) else "it has not answered yet; ask again"
            return Known(copy=copy, problem=self._problem or late)

    def _is_fresh(self, now: datetime) -> bool:
        return bool(self._copy and abs(now - self._copy.read_at) < FRESH)

    def _read(self, now: datetime) -> None:
        problem, copy, stamp = "", None, _stamp(self._place)
        # imported with the first calendar: a bot that starts again acts before it knows the web
        from bot.calendars.reading import read_calendar

        try:
            copy = Copy(read_at=now, spans=tuple(read_calendar(self._place, self._environ, now)))
        except UnreadableCalendarError as error:
            problem = str(error)
        except Exception as error:  # its message may hold the address
            problem = f"internal error ({type(error).__name__})"
        with self._lock:
            self._copy, self._stamp = copy or self._copy, stamp
            self._problem, self._failed_at = problem, now if problem else None
        if copy:
            keep_copy(self._file, copy)
        else:
            LOG.warning("a calendar cannot be read: %s", problem)

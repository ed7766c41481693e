"""Keeps a run's mirror: what may begin is written there first, what is settled follows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Protocol

from commands.progress.step_state import WATCH
from state.errors import BadMirror, MirrorTaken
from state.records import AttemptState, Record, Run
from state.store import RecordStore

LOG = logging.getLogger("gonogo.runner")
SELDOM = 10.0  # seconds between two writes of the mirror while a run is only watched, and after one that failed


class MirrorFile(Protocol):
    """`state.mirror.Mirror`, and how what happened in it comes into the record."""

    file: Path

    def require_free(self) -> None:
        """Raise MirrorTaken if somebody rolls back from it, or did."""

    def begins(self, step: str, attempt: int) -> None:
        """Write that an attempt is about to begin."""

    def did_not_begin(self, step: str, attempt: int) -> None:
        """Write that it did not."""

    def follow(self) -> None:
        """Bring what is new in the record into the mirror."""

    def read_back(self) -> None:
        """Read what happened in it into the record, and free it. Raises MirrorTaken while somebody rolls back."""

    def remove(self) -> None:
        """Remove the file: the run is over."""

    def leave(self) -> None:
        """Remove the file if it is this bot's own: the run is another bot's."""

    def close(self) -> None:
        """Close the file."""


MirrorOf = Callable[[RecordStore, Run], MirrorFile | None]


def no_mirror(_: RecordStore, __: Run) -> None:
    """For a bot that keeps no mirrors."""


class Mirroring:
    """The mirror of one run, if there is one. What cannot be written there is logged, and keeps no step from beginning.

    Once somebody rolls back from it, every method raises MirrorTaken; where the record is away, BadRecord.
    """

    def __init__(self, mirror: MirrorFile | None, run: int) -> None:
        self._mirror = mirror
        self._run = run
        self._version: tuple[int, int] | None = None  # of the record that is in the mirror
        self._written_at = 0.0
        self._failed_at = 0.0
        self._why = ""

    @property
    def way_back(self) -> str:
        """What to type while the record is away, as a sentence; empty where there is no mirror."""
        if self._mirror is None or not self._written_at:
            return ""
        return (
            f" To roll back run {self._run} meanwhile, type on this machine: gonogo rollback --from "
            f"{quote(str(self._mirror.file))}"
        )

    def require_free(self) -> None:
        """Raise MirrorTaken if somebody rolls back from it, or did."""
        if self._mirror:
            self._try(self._mirror.require_free)

    def begins(self, step: str, attempt: int) -> None:
        """Write that an attempt is about to begin, before the record is told."""
        if mirror := self._mirror:
            self._try(lambda: mirror.begins(step, attempt))

    def did_not_begin(self, step: str, attempt: int) -> None:
        """Write that it did not, as the record could not be told."""
        if mirror := self._mirror:
            self._try(lambda: mirror.did_not_begin(step, attempt))

    def follow(self, record: Record, version: tuple[int, int]) -> None:
        """Bring the record as it was read at a version into the mirror; while it is only watched, now and then."""
        if self._mirror is None or version == self._version:
            return
        watched = record.last(WATCH)
        seldom = watched is not None and watched.state == AttemptState.RUNNING and not record.rollback
        if seldom and time.monotonic() - self._written_at < SELDOM:
            return
        if self._try(self._mirror.follow):
            self._version, self._written_at = version, time.monotonic()

    def end(self, *, over: bool) -> None:
        """Leave the mirror; it is removed where the run is over."""
        if self._mirror:
            self._try(self._mirror.remove if over else self._mirror.close)

    def leave(self) -> None:
        """Leave the run to another bot."""
        if self._mirror:
            self._try(self._mirror.leave)

    def _try(self, act: Callable[[], None]) -> bool:
        """Do it now, unless the last try failed just now. False if it was not done; the reason is logged once."""
        if self._why and time.monotonic() - self._failed_at < SELDOM:
            return False
        try:
            act()
        except MirrorTaken:
            raise
        except BadMirror as error:
            self._failed_at = time.monotonic()
            if str(error) != self._why:
                LOG.warning("run %s: its mirror is not written now: %s", self._run, error)
            self._why = str(error)
            return False
        if self._why:
            LOG.info("run %s: its mirror is written again", self._run)
        self._why = ""
        return True

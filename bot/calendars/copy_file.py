"""The last good copy of a calendar, in a private file beside the record."""

from __future__ import annotations

import logging
import os
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.calendars.span import WINDOW, Span

LOG = logging.getLogger("gonogo")
CLOCKS = timedelta(hours=1)  # by which the clock of whoever read it may be ahead
LARGEST = 4_000_000  # bytes; the events that are kept fit in


class Copy(BaseModel):
    """The events of a calendar as they were when it was read."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    read_at: AwareDatetime
    spans: tuple[Span, ...]

    def knows(self, now: datetime) -> bool:
        """Whether its events reach until now. What repeats was worked out for some days only."""
        return self.read_at - CLOCKS <= now < self.read_at + WINDOW


def load_copy(file: Path) -> Copy | None:
    """The copy in a file; None if there is none that can be read."""
    with suppress(OSError, ValidationError):
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            return Copy.model_validate_json(opened.read(LARGEST))
    return None


def keep_copy(file: Path, copy: Copy) -> None:
    """Replace the copy at once and whole, for its owner only. A failure is logged: the calendar itself was read."""
    part = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(copy.model_dump_json().encode())
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        LOG.warning("a calendar's copy cannot be kept in %s (%s)", file.parent, error.strerror)

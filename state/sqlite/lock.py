"""The lock file beside the state file: only one process serves a record."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import IO

from state.errors import BadRecord
from state.sqlite.private_file import open_regular

ATTEMPTS = 5
WAIT = 0.05  # seconds between two attempts


def take_lock(path: Path) -> IO[str]:
    """Take the lock; closing the returned handle releases it.

    Raises BadRecord if another process holds the lock, or if the lock file cannot be created.
    """
    try:
        # a lock file holds nothing, and whatever somebody put in its place must not be emptied
        handle = os.fdopen(open_regular(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT), "r+")
    except OSError as error:
        raise cannot_open(path, error) from None
    if _taken(handle):
        return handle
    handle.close()
    raise BadRecord(f"The state file {path} is in use: another gonogo is serving it. Stop that one first.")


def is_held(path: Path) -> bool:
    """Whether a process holds the lock; no lock file is made. Raises OSError where that cannot be known."""
    try:
        handle = os.fdopen(open_regular(path.with_name(path.name + ".lock"), os.O_RDWR), "r+")
    except FileNotFoundError:
        return False
    with handle:
        return not _taken(handle)


def _taken(handle: IO[str]) -> bool:
    """Take the lock, if nobody holds it.

    Whoever looks whether it is held holds it for a moment, so one try proves nothing.
    """
    for _ in range(ATTEMPTS):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(WAIT)
        else:
            return True
    return False


def require_own(lock: IO[str], path: Path) -> None:
    """Raise BadRecord if the lock file that this process holds is there no more: another process may hold the new one.

    `path` is that of the state file.
    """
    file, held = path.with_name(path.name + ".lock"), os.fstat(lock.fileno())
    try:
        there = os.lstat(file)
    except OSError:
        there = None
    if there is None or (there.st_ino, there.st_dev) != (held.st_ino, held.st_dev):
        raise BadRecord(
            f"The lock file {file} was removed or replaced while this bot served the state file, so another one may "
            "serve it now. This bot begins no step any more: stop every bot of this state file, then start one."
        )


def cannot_open(path: Path, error: OSError) -> BadRecord:
    """The error for a state file that cannot be opened or created."""
    return BadRecord(
        f"The state file {path} cannot be opened or created ({error.strerror}). "
        "Set GONOGO_STATE to a file in a folder that the bot may write to."
    )


def is_served(path: Path) -> bool:
    """Whether a process is serving the record."""
    try:
        take_lock(path).close()
    except BadRecord:
        return True
    return False

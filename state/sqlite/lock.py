"""The lock beside the record's file: one process serves a record, however many look at it."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

from state.errors import BadRecord


def take_lock(path: Path) -> IO[str]:
    """Take the lock, given back when the handle is closed. Raises BadRecord when another process has it, or its folder takes no file."""
    try:
        handle = path.with_name(path.name + ".lock").open("w")
    except OSError as error:
        raise cannot_open(path, error) from None
    # a terminal that asks whether the record is served holds the lock for a moment: try more than once
    for _ in range(5):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)
        else:
            return handle
    handle.close()
    raise BadRecord(
        f"The record {path} is in use by another gonogo that serves it: stop that one first, "
        "or name another file with GONOGO_STATE."
    )


def cannot_open(path: Path, error: OSError) -> BadRecord:
    """The refusal of a file that is not there and cannot be made, or may not be used."""
    return BadRecord(
        f"The record {path} cannot be opened or made there ({error.strerror}): "
        "GONOGO_STATE names a file in a folder that the bot may write to."
    )


def is_served(path: Path) -> bool:
    """Whether a process serves the record now."""
    try:
        take_lock(path).close()
    except BadRecord:
        return True
    return False

"""A service's log on this machine, and the `logs` step run on it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box, context
from tests.local_shell import LocalShell
from tests.world import World

LOGS = 'host = "h"'


def just_before() -> float:
    """A moment before now for a mark, in this second: a log that was made just now was there then.

    What is written next must be newer, and a file's time is some milliseconds late.
    """
    while (now := time.time()) % 1 < 0.05:
        time.sleep(0.01)
    return max(now - 0.1, float(int(now)))


def mark(file: Path, at: float | None = None) -> str:
    """The current end of a log, as a restart notes it."""
    stat, head = file.stat(), hashlib.sha256(file.read_bytes()[:65536]).hexdigest()[:16]
    return f"{stat.st_size}:{stat.st_ino}:{head}:{at or time.time()}"


def read(file: Path, since: str, toml: str = LOGS, *, within: Sequence[str] = ()) -> Outcome:
    """The outcome of the step for a log since a mark. `within` are words before the program, such as another user's."""
    values = {"log_err": str(file), "log_offset_err": since}
    return execute(box("logs", toml), context(World(), values, shell=LocalShell({}, within=within)))


def append(file: Path, text: str) -> None:
    """Write more lines to a log."""
    with file.open("a") as out:
        out.write(text)

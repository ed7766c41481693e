"""What a failed migration leaves to know: a wait for a lock, and indexes of no use."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from commands.steps.outcome import Context
from commands.systems.postgres.invalid_indexes import left_invalid
from commands.text.durations import format_duration
from state.errors import ToolError

# of PostgreSQL in English, and of clients that name its code
_LOCK_TIMEOUT = ("due to lock timeout", "LockNotAvailable", "55P03")


def lock_timeout_sentence(output: str, lock_timeout: timedelta) -> str:
    """That the step's own limit has ended a statement, if the tool's output says so."""
    if not any(word in output for word in _LOCK_TIMEOUT):
        return ""
    limit = format_duration(lock_timeout)
    return (
        f"A statement waited longer than the step's `lock_timeout` ({limit}) for other transactions to end; "
        "CREATE INDEX CONCURRENTLY waits for all that write. Wait for them, or raise it."
    )


def invalid_sentence(ctx: Context, databases: Iterable[str]) -> str:
    """The invalid indexes that are there, and why they are in the way. The tool may run CREATE INDEX again."""
    with suppress(ToolError):  # what the tool itself says stands there, too
        found = [invalid for name in databases if (invalid := left_invalid(ctx.tools.database, name))]
        said = "Invalid indexes are there (or still being built), which a further attempt may trip over"
        return f"{said}: {', '.join(found)}." if found else ""
    return ""

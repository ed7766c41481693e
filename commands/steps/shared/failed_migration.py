"""What a failed migration leaves to know: a wait for a lock, and indexes of no use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta

from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.systems.postgres.invalid_indexes import left_invalid
from commands.systems.postgres.kept_locks import Keeper, keepers
from commands.text.durations import format_duration
from commands.text.phrases import joined_few
from state.errors import ToolError

_MOMENT = 1.0  # seconds after which an ordinary transaction has ended
_SHOWN = 3  # of those that have locks
# of PostgreSQL in English, and of clients that name its code
_LOCK_TIMEOUT = ("due to lock timeout", "LockNotAvailable", "55P03")
_DEADLOCK = ("deadlock detected", "DeadlockDetected", "40P01")
_DEADLOCKED = (
    "PostgreSQL ended a deadlock: the migration and another transaction each waited for a lock that the other had. "
    "Run the step again; if it happens again, stop what writes meanwhile."
)


def lock_sentence(ctx: Context, output: str, lock_timeout: timedelta, databases: Iterable[str]) -> str:
    """That a deadlock or the step's own limit has ended a statement, if the output says so; who keeps locks still."""
    if any(word in output for word in _DEADLOCK):
        return _DEADLOCKED
    if not any(word in output for word in _LOCK_TIMEOUT):
        return ""
    limit = format_duration(lock_timeout)
    waited = (
        f"A statement waited longer than the step's `lock_timeout` ({limit}) for other transactions to end; "
        "CREATE INDEX CONCURRENTLY waits for all that write. Wait for them, or raise it."
    )
    return " ".join([waited, *_keepers_sentences(ctx, databases, "advisory" in output.lower())])


def _keepers_sentences(ctx: Context, databases: Iterable[str], advisory: bool) -> Iterator[str]:
    """Whose locks in the databases are there, and still there a moment later; also `advisory` ones if asked."""
    first = {name: {one.transaction for one in _keepers(ctx, name, advisory)} for name in databases}
    if not any(first.values()):
        return
    try:
        pause(ctx, _MOMENT)
    except ToolError:  # a person stops the step
        return
    for name in filter(first.get, first):
        if kept := [one.words for one in _keepers(ctx, name, advisory) if one.transaction in first[name]]:
            yield f"In database {name} locks are kept just now by {joined_few(kept, _SHOWN)}."


def _keepers(ctx: Context, name: str, advisory: bool) -> list[Keeper]:
    with suppress(ToolError):  # what the tool itself says stands there, too
        return keepers(ctx.tools.database, name, advisory=advisory)
    return []


def invalid_sentence(ctx: Context, databases: Iterable[str]) -> str:
    """The invalid indexes that are there, and why they are in the way. The tool may run CREATE INDEX again."""
    with suppress(ToolError):  # what the tool itself says stands there, too
        found = [invalid for name in databases if (invalid := left_invalid(ctx.tools.database, name))]
        said = "Invalid indexes are there (or still being built), which a further attempt may trip over"
        return f"{said}: {', '.join(found)}." if found else ""
    return ""

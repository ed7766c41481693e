"""The database sessions of a migration tool, known by the name that libpq gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.text.phrases import agree

NAME_VARIABLE = "PGAPPNAME"  # in which libpq, and node-postgres, look for the session's name
# A session of a pooler that is kept open is idle. Of another role's session PostgreSQL hides the state, but not the
# locks: each transaction has one on itself.
_AT_WORK = """
SELECT pid FROM pg_stat_activity a WHERE datname = current_database() AND application_name = <session>
AND (state <> 'idle' OR state IS NULL AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid)) ORDER BY pid"""
_IS_KNOWN = "SELECT count(*) FROM pg_settings WHERE name = 'client_connection_check_interval'"
_OPTION = "-c client_connection_check_interval=1000"  # milliseconds


def session_name(step_key: str) -> str:
    """The name of the sessions of a step; an id may hold letters that PostgreSQL does not take in it."""
    return f"gonogo migration {hashlib.sha256(step_key.encode()).hexdigest()[:16]}"


def ends_with_its_client(database: Database, names: Iterable[str]) -> str:
    """The option by which the server ends a session whose client was killed; empty if one of the databases is older.

    Raises ToolError.
    """
    known = [database.query(name, _IS_KNOWN, limit=10).rows == ((1,),) for name in names]
    return _OPTION if known and all(known) else ""


def at_work(database: Database, name: str, session: str) -> list[int]:
    """The process ids of the sessions of this name that do something in a database. Raises ToolError."""
    rows = database.query(name, PageText(_AT_WORK, {"session": session}), limit=10).rows
    return [int(pid) for (pid,) in rows]


def at_work_sentence(name: str, pids: Sequence[int]) -> str:
    """What people read of sessions that go on without their client."""
    count, ends = len(pids), "; ".join(f"SELECT pg_terminate_backend({pid})" for pid in pids)
    return (
        f"{agree(count, 'A session', 'Sessions')} of the migration still {agree(count, 'works', 'work')} in database "
        f"{name} without its tool, and may yet change it: end {agree(count, 'it', 'them')} there ({ends})."
    )

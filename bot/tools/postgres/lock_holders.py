"""Asks which sessions block another one, again and again on one connection."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from bot.tools.postgres.deadline import cut_after

LIMIT = 15.0  # seconds for an answer
# a prepared transaction has no session: PostgreSQL calls its process 0
BLOCKERS = """
SELECT DISTINCT held.by, blocker.application_name, blocker.usename, blocker.state,
  CASE WHEN blocker.query LIKE 'autovacuum: %%(to prevent wraparound)%%' THEN 'wraparound'
    ELSE blocker.backend_type END,
  CASE WHEN held.by = 0 THEN (
    SELECT string_agg(gid, ', ' ORDER BY prepared) FROM pg_prepared_xacts WHERE database = current_database()) END
FROM unnest(pg_blocking_pids(%s)) AS held (by)
LEFT JOIN pg_stat_activity blocker ON blocker.pid = held.by
WHERE held.by = 0 OR blocker.pid IS NOT NULL
"""
_LONGEST = 100  # characters of the names of prepared transactions


class LockHolders:
    """Who blocks a session. It connects at the first question, by `connect`: that costs more than to ask."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect
        self._connection: psycopg.Connection | None = None

    def of(self, pid: int) -> str:
        """The sessions that block one, in words that show nobody's data; "" if none does.

        Raises psycopg.Error, and what `connect` raises.
        """
        if self._connection is None:
            self._connection = self._connect()
            self._connection.autocommit = True  # each question sees the sessions of its moment
        with cut_after(self._connection, LIMIT):
            rows = self._connection.execute(BLOCKERS, [pid]).fetchall()
        return "; ".join(holder_words(*row) for row in rows)

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()


def holder_words(
    pid: int,
    name: str | None,
    user: str | None,
    state: str | None,
    kind: str | None = None,
    prepared: str | None = None,
) -> str:
    """Who holds a lock, in words. Of a session that is not the bot's user's, PostgreSQL hides some."""
    if pid == 0:
        names = f" (of this database: {prepared[:_LONGEST]})" if prepared else ""
        return f"a prepared transaction{names}: end it by COMMIT PREPARED or ROLLBACK PREPARED"
    if kind == "wraparound":
        return f"autovacuum (process {pid}, to prevent wraparound), which goes on until it has finished the table"
    if user is None:  # no role of anybody's
        return f"{kind or 'a process'} of the server itself (process {pid})"
    return f"session {pid} ({name or 'no name'}, user {user}, {state or 'state not visible'})"

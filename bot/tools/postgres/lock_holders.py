"""Asks which sessions block another one, again and again on one connection."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from bot.tools.postgres.deadline import cut_after

LIMIT = 15.0  # seconds for an answer
BLOCKERS = """
SELECT DISTINCT blocker.pid, blocker.application_name, blocker.usename, blocker.state
FROM unnest(pg_blocking_pids(%s)) AS held (by)
JOIN pg_stat_activity blocker ON blocker.pid = held.by
"""


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
        return "; ".join(f"session {row[0]} ({row[1] or 'no name'}, user {row[2]}, {row[3]})" for row in rows)

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()

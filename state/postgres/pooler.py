"""Recognises a pooler in front of a server: what one session sets there, another one gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.rows import tuple_row


def shares_sessions(first: psycopg.Connection[Any], connect: Callable[[], psycopg.Connection[Any]]) -> bool:
    """Whether the server process behind a connection changes or serves another one too. Raises psycopg.Error.

    A pooler that keeps one process for each connection until its end, and then resets it, is like the server itself.
    """
    first.autocommit = True
    processes = [_process(first), _process(first)]
    if set(processes) == {first.info.backend_pid}:
        return False
    with connect() as second:
        second.autocommit = True
        others = {_process(second), _process(second)}
    processes.append(_process(first))
    return len(set(processes)) > 1 or not others.isdisjoint(processes) or _is_left(connect)


def _is_left(connect: Callable[[], psycopg.Connection[Any]]) -> bool:
    """Whether a session finds what an earlier one has set."""
    with connect() as earlier:
        earlier.autocommit = True
        earlier.execute("SET gonogo.used = 'yes'")
    with connect() as later, later.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT current_setting('gonogo.used', true)").fetchone()
        return bool(row and row[0])


def _process(connection: psycopg.Connection[Any]) -> int:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0

"""Whether an answer depends on the time zone of the session that asks."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from state.errors import Failed

_UTC = ("UTC", "Etc/UTC", "Etc/UCT", "GMT", "Etc/GMT", "Zulu")


def require_same_in_utc(connection: psycopg.Connection, rows: object, again: Callable[[], object]) -> None:
    """Refuse an answer that is another one where the session's time zone is UTC.

    `again` asks once more; both must be in one snapshot. Raises Failed.
    """
    (zone,) = connection.execute("SELECT current_setting('TimeZone')").fetchone() or ("UTC",)
    if zone in _UTC:
        return
    connection.execute("SET LOCAL TimeZone = 'UTC'")
    if again() != rows:
        raise Failed(
            f"it is another number in {zone} than in UTC; for a column that holds UTC, write <since> AT TIME ZONE 'UTC'"
        )

"""What another client left in a pooled session does not count in a transaction of the bot."""

from __future__ import annotations

import psycopg

# Every setting as it was when the session began, the role too, and temporary tables behind the others. A pooler tells
# the server the encoding and the name of each client, so those two are the bot's own. RESET alone would outlast the
# transaction, unless that is rolled back.
_OWN_SESSION = """
SET LOCAL SESSION AUTHORIZATION DEFAULT;
RESET ROLE;
SELECT set_config(name, reset_val, true) FROM pg_catalog.pg_settings
WHERE source = 'session' AND context IN ('user', 'superuser') AND name NOT IN (
  'client_encoding', 'application_name', 'statement_timeout',
  'transaction_isolation', 'transaction_read_only', 'transaction_deferrable');
SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), 'pg_temp'), true)
WHERE pg_my_temp_schema() <> 0;
"""


def begin_reading(connection: psycopg.Connection, limit: float, *, one_snapshot: bool) -> None:
    """Begin a read-only transaction, as in a session of the bot's own; it must be rolled back. Raises psycopg.Error.

    `limit` is that of a statement, in seconds.
    """
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if one_snapshot else None
    # this first query takes the transaction's snapshot, after which nothing makes it read-write again
    connection.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(limit * 1000))])
    connection.execute(_OWN_SESSION)

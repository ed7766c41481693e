"""Opens one session of a record in PostgreSQL, and refuses what cannot hold one."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from state.errors import BadRecord
from state.postgres.address import PostgresAddress
from state.postgres.migrations import Connection
from state.postgres.numbers import SCHEMA
from state.postgres.pooler import shares_sessions
from state.postgres.sentences import not_connected

OLDEST_SERVER = 140_000  # the first that ends the session of a frozen bot (idle_session_timeout)
# seconds after which a connection that says nothing counts as lost; the address may say otherwise
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# a bot that freezes, or whose machine vanishes, must lose its session, and with it its locks
_SESSION = f"""
SET search_path = {SCHEMA}, pg_temp;
SET lock_timeout = '10s';
SET statement_timeout = '30s';
SET idle_in_transaction_session_timeout = '10s';
SET tcp_keepalives_idle = 5;
SET tcp_keepalives_interval = 2;
SET tcp_keepalives_count = 3;
SET tcp_user_timeout = 10000;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
"""
_LOCKS = """
SELECT coalesce(bool_and(has_function_privilege(oid, 'EXECUTE')), false) AS granted FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace AND proname LIKE 'pg\\_%%advisory%%'
"""


def open_session(address: PostgresAddress, application: str) -> Connection:
    """A session in the record's schema, which need not exist yet. Raises BadRecord."""
    try:
        connection = _connected(address, application)
        try:
            connection.execute(_SESSION.encode())
        except BaseException:
            connection.close()
            raise
    except psycopg.Error as error:
        raise not_connected(address.name, error) from None
    return connection


def require_usable(address: PostgresAddress) -> None:
    """Raise BadRecord for a server that cannot hold a record: a pooler, too old, other letters, no locks."""
    try:
        with _connected(address, "gonogo looks") as connection:
            if shares_sessions(connection, lambda: _connected(address, "gonogo looks")):
                raise BadRecord(
                    f"The record at {address.name} is behind a pooler that shares sessions (pgbouncer in transaction "
                    "mode), where no bot can own a run. Set GONOGO_STATE to the server's own address, or to a pooler "
                    "in session mode."
                )
            _require(connection, address.name)
    except psycopg.Error as error:
        raise not_connected(address.name, error) from None


def _require(connection: Connection, name: str) -> None:
    if (version := connection.info.server_version) < OLDEST_SERVER:
        raise BadRecord(f"The record at {name} needs PostgreSQL 14 or later; the server is {version // 10_000}.")
    letters = connection.info.parameter_status("server_encoding")
    if letters != "UTF8":
        raise BadRecord(
            f"The database of the record at {name} has the encoding {letters}, which cannot hold every letter. "
            "Create one with ENCODING 'UTF8'."
        )
    granted = connection.execute(_LOCKS.replace("%%", "%").encode()).fetchone()
    if not granted or not granted["granted"]:
        raise BadRecord(
            f"User {connection.info.user} may not take advisory locks at {name}, which say whose a run is. "
            f"Grant it EXECUTE on the functions pg_advisory_… and pg_try_advisory_… of that database."
        )


def _connected(address: PostgresAddress, application: str) -> Connection:
    named = conninfo_to_dict(address.url)
    fields = {name: value for name, value in _DEFAULTS.items() if name not in named}
    # no prepared statements: they would not survive a change of the tables by a newer bot
    return psycopg.connect(
        address.url,
        autocommit=True,
        row_factory=dict_row,
        prepare_threshold=None,
        application_name=application,
        client_encoding="utf8",
        **fields,
    )

"""Looks at a record in PostgreSQL from outside: is it there, usable, served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from state.errors import BadRecord
from state.postgres.address import PostgresAddress
from state.postgres.connect import open_session, require_usable
from state.postgres.migrations import exists, may_be_made, require_known
from state.postgres.numbers import SERVING
from state.postgres.sentences import not_done

_SERVED = """
SELECT 1 AS served FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = 0 AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_USED = """
SELECT bool_and(has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')) AS granted
FROM pg_class WHERE relnamespace = to_regnamespace('gonogo_record') AND relkind = 'r'
"""


def has_record(address: PostgresAddress) -> bool:
    """Whether the database holds a record. Raises BadRecord."""
    try:
        with closing(open_session(address, "gonogo looks")) as connection:
            return exists(connection)
    except psycopg.Error as error:
        raise not_done(address.name, error, "read") from None


def is_served(address: PostgresAddress) -> bool:
    """Whether a bot serves the record. Raises BadRecord."""
    try:
        with closing(open_session(address, "gonogo looks")) as connection:
            return connection.execute(_SERVED, [SERVING]).fetchone() is not None
    except psycopg.Error as error:
        raise not_done(address.name, error, "read") from None


@contextmanager
def unserved(address: PostgresAddress) -> Iterator[None]:
    """Inside the block no bot serves the record, nor begins to. Raises BadRecord if one does."""
    with closing(open_session(address, "gonogo record")) as connection:
        try:
            row = connection.execute("SELECT pg_try_advisory_lock(%s, 0) AS got", [SERVING]).fetchone()
        except psycopg.Error as error:
            raise not_done(address.name, error, "read") from None
        if not row or not row["got"]:
            raise BadRecord(f"The record at {address.name} is in use: a bot is serving it. Stop every bot of it first.")
        yield


def look(address: PostgresAddress) -> tuple[bool, bool]:
    """Whether there is a record, and whether a bot serves it. Raises BadRecord for what a bot could not use."""
    require_usable(address)
    try:
        with closing(open_session(address, "gonogo looks")) as connection:
            if not exists(connection):
                may_be_made(connection, address.name)
                return False, False
            require_known(connection, address.name)
            row = connection.execute(_USED).fetchone()
            if not row or not row["granted"]:
                raise BadRecord(
                    f"User {connection.info.user} may not write to the record's tables at {address.name}. Use the user "
                    "that made them, or give it the same rights on the schema gonogo_record."
                )
            return True, connection.execute(_SERVED, [SERVING]).fetchone() is not None
    except psycopg.Error as error:
        raise not_done(address.name, error, "read") from None

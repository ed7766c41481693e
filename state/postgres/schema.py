"""Whether the tables and triggers of a record in PostgreSQL are the bot's own."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import closing, suppress

import psycopg

from state.errors import BadRecord
from state.journal import Change
from state.postgres.address import PostgresAddress
from state.postgres.connect import open_session
from state.postgres.migrations import MIGRATIONS, Connection, require_known
from state.postgres.numbers import SCHEMA

LOG = logging.getLogger("gonogo.record")
Schema = dict[str, str]  # what each table, index, view, function and trigger is, by type and name

# columns with their types and defaults; rules and keys; indexes; triggers; functions; views and rules of rewriting
_SCHEMA = """
WITH relations AS (
    SELECT oid, relname, relkind, relrowsecurity FROM pg_class WHERE relnamespace = %(schema)s::regnamespace
)
SELECT CASE relkind WHEN 'r' THEN 'table ' WHEN 'v' THEN 'view ' ELSE 'relation ' END || relname AS name,
    concat_ws(' | ', relrowsecurity::text, (
        SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull::text, attidentity::text,
            (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum)),
            ', ' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
    ), (
        SELECT string_agg(pg_get_constraintdef(oid), ', ' ORDER BY pg_get_constraintdef(oid))
        FROM pg_constraint WHERE conrelid = relations.oid AND contype <> 'n'
    ), (SELECT pg_get_viewdef(relations.oid) WHERE relkind = 'v')) AS words
FROM relations WHERE relkind NOT IN ('i', 'S')
UNION ALL
SELECT 'index ' || relname, pg_get_indexdef(oid) FROM relations WHERE relkind = 'i'
UNION ALL
SELECT 'trigger ' || tgname, tgenabled::text || ' ' || pg_get_triggerdef(oid) FROM pg_trigger
WHERE tgrelid IN (SELECT oid FROM relations) AND NOT tgisinternal
UNION ALL
SELECT 'rule ' || rulename, pg_get_ruledef(oid) FROM pg_rewrite
WHERE ev_class IN (SELECT oid FROM relations WHERE relkind = 'r')
UNION ALL
SELECT 'function ' || proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace
"""
_made: dict[int, Schema | None] = {}  # what the migrations make, by the server's version; None if it cannot be known
_making = threading.Lock()


def look_ahead(version: int, address: PostgresAddress) -> None:
    """Begin to find out what the migrations make, which takes the server a while: whoever needs it first waits less."""

    def look() -> None:
        with suppress(psycopg.Error, BadRecord):  # whoever needs it asks again, and says so
            _own_schema(version, address)

    threading.Thread(target=look, name="own schema", daemon=True).start()


def schema_changes(connection: Connection, address: PostgresAddress) -> list[Change]:
    """What is not as the migrations made it. Raises psycopg.Error.

    A foreign trigger would change what the bot writes before the journal covers it. A newer bot that serves beside this
    one may have changed tables and indexes, so those of its shape are not compared.
    """
    made = _own_schema(connection.info.server_version, address)
    if made is None:
        return []
    found = _schema(connection, SCHEMA)
    if require_known(connection, address.name) > len(MIGRATIONS):
        found, made = _that_act(found), _that_act(made)
    return [
        *(Change(number=0, summary=f"the {name} was added to the record") for name in sorted(set(found) - set(made))),
        *(
            Change(number=0, summary=f"the {name} of the record was {'altered' if name in found else 'removed'}")
            for name in sorted(made)
            if found.get(name) != made[name]
        ),
    ]


def _that_act(schema: Schema) -> Schema:
    """What of a schema changes what is written, or what is read."""
    return {name: words for name, words in schema.items() if not name.startswith(("table ", "index "))}


def _own_schema(version: int, address: PostgresAddress) -> Schema | None:
    """What the migrations make on this server: made anew as temporary tables of another session, and undone at once."""
    with _making:
        if version not in _made:
            _made[version] = _make(address)
        return _made[version]


def _make(address: PostgresAddress) -> Schema | None:
    try:
        with closing(open_session(address, "gonogo compares")) as connection:
            connection.execute("BEGIN")
            connection.execute("SET LOCAL search_path = pg_temp")
            for migration in MIGRATIONS:
                connection.execute(migration.replace(f"{SCHEMA}.", "pg_temp.").encode())
            row = connection.execute("SELECT pg_my_temp_schema()::regnamespace::text AS name").fetchone()
            schema = _schema(connection, str(row["name"]) if row else "")
            connection.execute("ROLLBACK")
    except psycopg.errors.InsufficientPrivilege:
        LOG.warning(
            "whether somebody changed the tables of the record at %s is not looked at: its user may not create "
            "temporary tables (GRANT TEMPORARY ON DATABASE …)", address.name
        )  # fmt: skip
        return None
    return schema


def _schema(connection: Connection, schema: str) -> Schema:
    """What a schema holds, without its name: the server writes that in some places, and leaves it out in others."""
    rows = connection.execute(_SCHEMA.encode(), {"schema": schema}).fetchall()
    own_name = re.compile(rf"\b({schema}|{SCHEMA}|pg_temp)\.")
    return {str(row["name"])[:80]: " ".join(own_name.sub("", str(row["words"])).split()) for row in rows}

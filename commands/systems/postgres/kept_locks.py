"""Who keeps locks on a database's tables, and advisory ones, as far as everybody may see it."""

from __future__ import annotations

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.text.phrases import joined_few
from state.frozen import dataclass

# A session may keep an advisory lock through many transactions, so it is known by its process; its number has one part
# or two. The bots' own sessions have some for the record. A prepared transaction has no process, and one of the
# server's own has no user; of the sessions of others their names are visible to all, and what they do is not.
_KEPT = """
SELECT CASE WHEN c.oid IS NOT NULL THEN held.virtualtransaction ELSE '' END, coalesce(held.pid, 0),
  coalesce(session.application_name, ''), coalesce(session.usename, ''), coalesce(prepared.gid, ''),
  string_agg(DISTINCT CASE WHEN c.oid IS NOT NULL THEN format('%I.%I', n.nspname, c.relname)
    WHEN held.objsubid = 1 THEN 'advisory lock ' || ((held.classid::bigint << 32) | held.objid::bigint)
    ELSE format('advisory lock %s, %s', held.classid::bigint::bit(32)::int, held.objid::bigint::bit(32)::int)
    END, E'\\x1f')
FROM pg_locks held LEFT JOIN pg_class c ON c.oid = held.relation LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_activity session ON session.pid = held.pid
LEFT JOIN LATERAL (SELECT p.gid FROM pg_locks own JOIN pg_prepared_xacts p ON p.transaction = own.transactionid
  WHERE held.pid IS NULL AND own.pid IS NULL AND own.virtualtransaction = held.virtualtransaction) AS prepared ON true
WHERE held.granted AND held.pid IS DISTINCT FROM pg_backend_pid()
AND (c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^(pg_|information_schema$|gonogo$)'
  OR held.locktype = <also> AND coalesce(session.application_name, '') !~ '^gonogo( serve| looks)?$')
AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 1"""
_SHOWN = 3  # sessions, and tables of each


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """A transaction that has locks: `transaction` tells it from others, `words` say who it is and which tables."""

    transaction: tuple[str, int]
    words: str


def keepers(database: Database, name: str, *, advisory: bool = False) -> list[Keeper]:
    """The transactions that have locks on tables of a database now, or `advisory` ones. Raises ToolError."""
    rows = database.query(name, PageText(_KEPT, {"also": "advisory" if advisory else ""}), limit=10).rows
    return [_keeper(*map(str, row)) for row in rows]


def _keeper(transaction: str, pid: str, application: str, user: str, prepared: str, tables: str) -> Keeper:
    on = joined_few(tables.split("\x1f"), _SHOWN)
    who = f"session {pid} ({', '.join(filter(None, (application, f'user {user}')))})"
    if pid == "0":
        who = f"the prepared transaction {prepared} (COMMIT or ROLLBACK PREPARED ends it)"
    elif not user:
        who = f"process {pid} of the server itself, such as autovacuum"
    return Keeper(transaction=(transaction, int(pid)), words=f"{who} on {on}")

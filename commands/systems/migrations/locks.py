"""What keeps a second migration away: tools' advisory locks, and rows that say that one runs."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from commands.ports.database import Database
from commands.text.phrases import agree, joined_few
from state.frozen import dataclass

# the tables with such a row, which stays where the tool was killed: how many there are, and what removes it
_ROWS = {
    "knex_migrations_lock": ("SELECT count(*) FROM {} WHERE is_locked = 1", "knex migrate:unlock"),
    "databasechangeloglock": ("SELECT count(*) FROM {} WHERE locked", "liquibase releaseLocks"),
}
_FIND = """
SELECT c.relname::text, format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname IN ('knex_migrations_lock', 'databasechangeloglock')
AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 2"""
# MIGRATOR_SALT of activerecord/lib/active_record/migration.rb, advisoryLockIDSalt of golang-migrate's database/util.go
_RAILS_SALT, _GOLANG_SALT = 2053462845, 1486364155


@dataclass(frozen=True, kw_only=True)
class AdvisoryLock:
    """The lock that each session of a tool's migrations has: who, and its number in a database of this name."""

    tool: str
    number: Callable[[str], int]


PRISMA = AdvisoryLock(tool="Prisma", number=lambda _: 72707369)
RAILS = AdvisoryLock(tool="Rails", number=lambda name: _RAILS_SALT * zlib.crc32(name.encode()))
# of its usual table in the schema "public"
GOLANG_MIGRATE = AdvisoryLock(
    tool="golang-migrate",
    number=lambda name: _GOLANG_SALT * zlib.crc32(f"public\0schema_migrations\0{name}".encode()) % 2**32,
)


def locked_rows(database: Database, name: str) -> dict[str, str]:
    """The tables of a database that say that a migration is running, and what releases each. Raises ToolError."""
    found = {}
    for table, place in database.query(name, _FIND, limit=10).rows:
        count, release = _ROWS[str(table)]
        if database.query(name, count.format(place), limit=10).rows != ((0,),):
            found[str(place)] = release
    return found


def locked_clause(name: str, found: dict[str, str]) -> str:
    """That these tables of a database say so, as a clause; empty if there are none."""
    if not found:
        return ""
    says = agree(len(found), "table {} says", "tables {} say").format(joined_few(list(found), 3))
    return f"in database {name} {says} that a migration is running, and so the tool refuses to start another"


def release_words(found: dict[str, str]) -> str:
    """What to do about them."""
    return f"if none is running, release it: {joined_few(sorted(set(found.values())), 3, 'or')}"

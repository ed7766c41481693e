"""A checksum of a schema, by which a migration that changed none of it is known."""

from __future__ import annotations

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.systems.scripts import script

# of each script the statement that lists, without the settings before it and what follows on it
_LISTS = [
    script(f"postgres/{name}.sql").partition("\nWITH ")[2].partition(" ORDER BY what;\n")[0]
    for name in ("schema", "schema_details")
]
_LINES = " UNION ALL ".join(f"(WITH {one})" for one in _LISTS)
_SUM = f"""
SELECT md5(concat(string_agg(line, E'\\n' ORDER BY line),
  (SELECT string_agg(extname || extversion, ' ' ORDER BY extname) FROM pg_extension),
  (SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_constraint WHERE NOT convalidated)))
FROM ({_LINES}) AS found (line) WHERE <without> = '' OR strpos(line, <without>) = 0"""  # noqa: S608  (our own text)


def schema_sum(database: Database, name: str, *, without: str = "") -> str:
    """The checksum of all that a schema has, but not of rows, comments, owners and rights.

    `without`: a word of lines that do not count, such as a migration tool's own table. Raises ToolError.
    """
    return str(database.query(name, PageText(_SUM, {"without": without}), limit=20).rows[0][0])

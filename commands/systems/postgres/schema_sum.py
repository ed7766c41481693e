"""A checksum of a schema, by which a migration that changed none of it is known."""

from __future__ import annotations

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.systems.scripts import script

# one statement, without the settings before it
_LINES = script("postgres/schema.sql").partition("SET search_path = '';\n")[2].rstrip().removesuffix(";")
_SUM = f"""
SELECT md5(concat(string_agg(line, E'\\n' ORDER BY line),
  (SELECT string_agg(extname || extversion, ' ' ORDER BY extname) FROM pg_extension)))
FROM ({_LINES}) AS found (line) WHERE <without> = '' OR strpos(line, <without>) = 0"""  # noqa: S608  (our own text)


def schema_sum(database: Database, name: str, *, without: str = "") -> str:
    """The checksum of tables and their parts, views, functions, types and extensions, but not of rows and rights.

    `without`: a word of lines that do not count, such as a migration tool's own table. Raises ToolError.
    """
    return str(database.query(name, PageText(_SUM, {"without": without}), limit=20).rows[0][0])

"""Rights that roles lack on what a migration made, though not on what is older."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.database import Database
from commands.ports.page_text import PageText
from commands.systems.scripts import script
from commands.text.numbers import format_count
from state.frozen import dataclass

_OBJECTS = script("postgres/rights_objects.sql")
_MISSING = script("postgres/rights_missing.sql")
# what is there, as one text; and what is missing since then, with that text in `older`
OBJECTS_NOW = "".join((_OBJECTS, "SELECT coalesce(string_agg(noted, ',' ORDER BY noted), '') FROM noted"))
MISSING_SINCE = "".join((_OBJECTS, _MISSING))
_LINE = re.compile(r"^no right: (.+)\x1f(.+)\x1f(.+)\x1f(.+)\x1f(\w+)$", re.MULTILINE)
_HOW = {
    "new": "{roles} {have} no right on the new {kind} {name}, though on nearly all older ones",
    "again": "{roles} {have} fewer rights on the {kind} {name}, which was made anew, than on the one before",
    "owner": "{roles} {have} fewer rights on the {kind} {name}, which has another owner now",
}
_WORDS = {"function": "ROUTINE", "schema": "SCHEMA", "sequence": "SEQUENCE"}


@dataclass(frozen=True, kw_only=True)
class MissingRight:
    """An object on which roles (quoted, with commas) lack these rights.

    `how`: it is "new", and they have them on older ones; or it was made "again", or got another "owner", and they had
    them before.
    """

    kind: str
    name: str
    roles: str
    rights: str
    how: str

    def grant(self) -> str:
        """The statement that is missing."""
        return f"GRANT {self.rights} ON {_WORDS.get(self.kind, 'TABLE')} {self.name} TO {self.roles};"


def objects_now(database: Database, name: str) -> str:
    """What a database has now, as a text for `missing_since`. Raises ToolError."""
    return str(database.query(name, OBJECTS_NOW, limit=20).rows[0][0])


def missing_since(database: Database, name: str, older: str) -> list[MissingRight]:
    """What is missing on the objects of a database that are newer than this text. Raises ToolError."""
    query = PageText(MISSING_SINCE.replace(":'older'", "<older>"), {"older": older})
    return [_missing(row) for row in database.query(name, query, limit=60).rows]


def parse_missing(output: str) -> list[MissingRight]:
    """The same, in the lines "no right" of a rehearsal's output."""
    return [_missing(found) for found in _LINE.findall(output)]


def missing_sentence(found: Sequence[MissingRight]) -> str:
    """The first one as a sentence with its statement, and how many more there are; empty if nothing is missing."""
    if not found:
        return ""
    first, rest = found[0], len(found) - 1
    have = "has" if "," not in first.roles else "have"
    what = _HOW[first.how].format(roles=first.roles, have=have, kind=first.kind, name=first.name)
    more = f" ({format_count(rest, 'more missing GRANT')} in the lines below)" if rest else ""
    return f"{what}; missing: {first.grant().rstrip(';')}{more}"


def _missing(row: Sequence[object]) -> MissingRight:
    kind, name, roles, rights, how = map(str, row)
    return MissingRight(kind=kind, name=name, roles=roles, rights=rights, how=how)

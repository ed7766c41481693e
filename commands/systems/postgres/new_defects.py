"""What a migration made or changed that works otherwise than its definition lets people expect."""

from __future__ import annotations

from collections.abc import Iterable

from commands.ports.database import Database
from commands.systems.scripts import script
from commands.text.phrases import joined_few

_DEFECTS = script("postgres/defects.sql")
_SHOWN = 3  # of a kind
_WHAT = {
    "identity": "UPDATE and DELETE fail on {names}: published for logical replication, and without a primary key or "
    "REPLICA IDENTITY",
    "open": "row security is off for {names}, though it is on for nearly all older tables of the schema",
    "trigger": "the trigger {names} is disabled",
    "key": "the foreign key {names} is not checked, because its triggers are disabled",
}


def defects_now(database: Database, name: str) -> str:
    """What a database has now, as a text for `defects_since`. Raises ToolError."""
    return "\n".join("\x1f".join(map(str, row)) for row in database.query(name, _DEFECTS, limit=20).rows)


def defects_since(database: Database, name: str, older: str) -> str:
    """What is new since that text, as a clause; empty if nothing is. Raises ToolError."""
    before = _parsed(older)
    secured = {schema for kind, _, schema in before if kind == "secured"}
    new = [one for one in _parsed(defects_now(database, name)) if one not in before]
    found = [one for one in new if one[0] in _WHAT and (one[0] != "open" or one[2] in secured)]
    clauses = []
    for kind, says in _WHAT.items():
        if names := [what for known, what, _ in found if known == kind]:
            clauses.append(says.format(names=joined_few(names, _SHOWN)))
    return "; ".join(clauses)


def _parsed(text: str) -> list[tuple[str, str, str]]:
    return [_row(line.split("\x1f")) for line in text.split("\n") if line.count("\x1f") == 2]


def _row(parts: Iterable[str]) -> tuple[str, str, str]:
    kind, name, schema = parts
    return kind, name, schema

"""What a migration made or changed that works otherwise than its definition lets people expect."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.database import Database
from commands.systems.scripts import script
from commands.text.phrases import joined_few

DEFECTS = script("postgres/defects.sql")
_LINE = re.compile(r"^defect( before)?: (.*)$", re.MULTILINE)
_SHOWN = 3  # of a kind
Defect = tuple[str, str, str, str]  # its kind, name, schema and oid, which may have another number beside it
_WHAT = {
    "identity": "UPDATE and DELETE fail on {names}: published for logical replication, and without a primary key or "
    "REPLICA IDENTITY",
    "open": "row security is off for {names}, though it is on for nearly all older tables of the schema",
    "hidden": "policies of row security decide which rows of {names} the user of this database's address on the page "
    "sees, so a query may count too few there",
    "trigger": "the trigger {names} is disabled",
    "key": "the foreign key {names} is not checked, because its triggers are disabled",
    "column": "the trigger {names} will fail, because its function uses a column that the table does not have",
    "stored": "{names} may still have values of a function that was replaced: REINDEX the index, or update the column",
}


def defects_now(database: Database, name: str) -> str:
    """What a database has now, as a text for `defects_since`. Raises ToolError."""
    return "\n".join("\x1f".join(map(str, row)) for row in database.query(name, DEFECTS, limit=20).rows)


def defects_since(database: Database, name: str, older: str) -> str:
    """What is new since that text, as a clause; empty if nothing is. Raises ToolError."""
    return _clause(_parsed(older), _parsed(defects_now(database, name)))


def parse_defects(output: str) -> str:
    """The same, of the lines "defect" of a rehearsal's output."""
    found = _LINE.findall(output)
    before, after = ("\n".join(line for mark, line in found if bool(mark) == first) for first in (True, False))
    return _clause(_parsed(before), _parsed(after))


def _clause(before: Sequence[Defect], after: Sequence[Defect]) -> str:
    secured = {schema for kind, _, schema, _ in before if kind == "secured"}
    # what has another name now, or was made anew, is not new
    known = {(kind, *what) for kind, name, schema, oid in before for what in ((name, schema), (oid,))}
    computed = {oid: function for kind, _, function, oid in before if kind == "stored"}
    new = [
        (kind, name)
        for kind, name, schema, oid in after
        if (
            computed.get(oid, schema) != schema
            if kind == "stored"
            else not known & {(kind, name, schema), (kind, oid)} and (kind != "open" or schema in secured)
        )
    ]
    names = {kind: [name for found, name in new if found == kind] for kind in _WHAT}
    return "; ".join(_WHAT[kind].format(names=joined_few(found, _SHOWN)) for kind, found in names.items() if found)


def _parsed(text: str) -> list[Defect]:
    return [_row(line.split("\x1f")) for line in text.split("\n") if line.count("\x1f") in (2, 3)]


def _row(parts: Sequence[str]) -> Defect:
    kind, name, schema, *oid = parts  # what an earlier version noted has no oid
    return kind, name, schema, "".join(oid)

"""What in an SQL file changes the whole server: roles, databases, tablespaces."""

from __future__ import annotations

import re

from commands.ports.analysis import Finding
from commands.systems.postgres.sql_code import COMMAND_START, code_of, has_code
from commands.systems.postgres.sql_file import statements

_CHANGES = r"(?:(?:CREATE|ALTER|DROP)\s+(?:ROLE|USER(?!\s+MAPPING)|GROUP|DATABASE|TABLESPACE)|ALTER\s+SYSTEM)\b"
_GRANTS = r"(?:GRANT|REVOKE)\b(?P<rest>[^;']*)"  # of a role, if no ON follows
_LABELS = r"(?:COMMENT|SECURITY\s+LABEL)\b[^;']{0,200}?\bON\s+(?:ROLE|DATABASE|TABLESPACE)\b"
_COMMANDS = re.compile(f"{COMMAND_START}(?:{_CHANGES}|{_GRANTS}|{_LABELS})", re.IGNORECASE)
_DATABASE = re.compile(r"\bDATABASE\s", re.IGNORECASE)
_ON = re.compile(r"\bON\b", re.IGNORECASE)


def server_wide_statements(text: str) -> list[Finding]:
    """Statements that change what all databases of a server share: roles, databases, tablespaces.

    A function, a procedure or a DO block counts if such a command stands anywhere in its code.
    """
    why = "changes what all databases of the server share"
    return [statement.finding(why) for statement in statements(text) if _is_server_wide(statement.text)]


def named_databases(text: str) -> list[Finding]:
    """Statements that name a database, which on a copy has another name."""
    why = (
        "names a database; the copy has another name. Write EXECUTE format('ALTER DATABASE %I …', current_database()) "
        "in a DO block"
    )
    found = [statement for statement in statements(text) if _is_server_wide(statement.text)]
    return [one.finding(why) for one in found if not has_code(one.text) and _DATABASE.search(one.text)]


def _is_server_wide(statement: str) -> bool:
    if has_code(statement):
        found = list(_COMMANDS.finditer(code_of(statement)))
    else:
        found = [one for one in [_COMMANDS.match(statement)] if one]
    return any(one["rest"] is None or not _ON.search(one["rest"]) for one in found)

"""What in an SQL file changes the whole server: roles, databases, tablespaces."""

from __future__ import annotations

import re

from commands.ports.analysis import Finding
from commands.systems.postgres.sql_file import statements

_SERVER_WIDE = re.compile(
    r"\b((CREATE|ALTER|DROP)\s+(ROLE|USER(?!\s+MAPPING)|GROUP|DATABASE|TABLESPACE)|ALTER\s+SYSTEM)\b", re.IGNORECASE
)
_GRANT = re.compile(r"\b(GRANT|REVOKE)\b", re.IGNORECASE)  # of a role, if no ON follows
_ON = re.compile(r"\bON\b", re.IGNORECASE)
_LABEL = re.compile(r"\b(COMMENT|SECURITY\s+LABEL)\b", re.IGNORECASE)  # of a role and so on, if such an ON follows
_ON_SERVER_WIDE = re.compile(r"\bON\s+(ROLE|DATABASE|TABLESPACE)\b", re.IGNORECASE)
_HAS_CODE = r"DO\b|CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b"


def server_wide_statements(text: str) -> list[Finding]:
    """Statements that change what all databases of a server share: roles, databases, tablespaces.

    A function, a procedure or a DO block counts if such a command stands anywhere in its code.
    """
    why = "changes what all databases of the server share"
    return [statement.finding(why) for statement in statements(text) if _is_server_wide(statement.flat)]


def _is_server_wide(flat: str) -> bool:
    if not re.match(_HAS_CODE, flat, re.IGNORECASE):
        granted, labelled = _GRANT.match(flat), _LABEL.match(flat)
        return bool(
            _SERVER_WIDE.match(flat)
            or (granted and not _ON.search(flat))
            or (labelled and _ON_SERVER_WIDE.search(flat))
        )
    # each pattern is searched for once in the whole code, however often the others are in it
    if _SERVER_WIDE.search(flat) or _last(_GRANT, flat) > _last(_ON, flat):
        return True
    labelled = _LABEL.search(flat)
    return labelled is not None and labelled.start() < _last(_ON_SERVER_WIDE, flat)


def _last(pattern: re.Pattern[str], text: str) -> int:
    """The offset of a pattern's last match, or -1."""
    return max((found.start() for found in pattern.finditer(text)), default=-1)

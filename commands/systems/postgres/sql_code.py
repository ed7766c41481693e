"""The code inside statements: functions, procedures and DO blocks."""

from __future__ import annotations

import re

from commands.systems.postgres.sql_tokens import without_comments

_HAS_CODE = re.compile(r"DO\b|CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b", re.IGNORECASE)
_MARK = re.compile(r"\$\w*\$")
_RAISE = re.compile(r"\bRAISE\b[^;]*", re.IGNORECASE)
# where a command may begin in code, also in a text that EXECUTE runs
COMMAND_START = r"(?:\A|[;']|\b(?:BEGIN|THEN|ELSE|LOOP)\b)\s*"


def has_code(statement: str) -> bool:
    """Whether a statement creates a function or a procedure, or runs a block of code."""
    return _HAS_CODE.match(statement) is not None


def code_of(statement: str) -> str:
    """The statement with its code, without the comments in it and without the messages that it raises."""
    return _RAISE.sub("", without_comments(_MARK.sub(";", statement)))

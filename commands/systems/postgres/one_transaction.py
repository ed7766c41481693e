"""What in an SQL file cannot run in one transaction, or may not."""

from __future__ import annotations

import re

from commands.ports.analysis import Analysis, Finding
from commands.systems.postgres.sql_file import SqlFile, Statement, invalid_character, read_sql

_OWN_TRANSACTION = "has its own transaction command; remove it, the file already runs in one transaction"
_NO_TRANSACTION = "cannot run in a transaction; move it to a step of its own that uses psql"
_NEEDS_PSQL = "needs psql to send its data; write INSERT statements instead"
_SEVERAL = "PostgreSQL reads more than one statement here; write each on lines of its own"
_UNSAFE = tuple(
    (re.compile(start, re.IGNORECASE), why)
    for start, why in (
        (r"(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\b", _NO_TRANSACTION),
        (r"REINDEX\b.*\bCONCURRENTLY\b", _NO_TRANSACTION),
        (r"REINDEX\s+(\([^)]*\)\s*)?(SCHEMA|DATABASE|SYSTEM)\b", _NO_TRANSACTION),
        (r"(VACUUM|(CREATE|DROP)\s+(DATABASE|TABLESPACE)|ALTER\s+SYSTEM|DISCARD\s+ALL)\b", _NO_TRANSACTION),
        (r"(COMMIT|ROLLBACK)\s+PREPARED\b", _NO_TRANSACTION),
        (r"CLUSTER(\s+VERBOSE)?$", _NO_TRANSACTION),
        (r"ALTER\s+TABLE\b(?=.*\bDETACH\s+PARTITION\b).*\bCONCURRENTLY$", _NO_TRANSACTION),
        (r"ALTER\s+DATABASE\b.*\bSET\s+TABLESPACE\b", _NO_TRANSACTION),
        (r"COPY\b.*\bFROM\s+STDIN\b", _NEEDS_PSQL),
    )
)  # fmt: skip
# the first words of the statements above; most files have none of them
_MAYBE_UNSAFE = re.compile(
    r"CREATE\s+(UNIQUE\s+)?(INDEX|DATABASE|TABLESPACE)|DROP\s+(INDEX|DATABASE|TABLESPACE)"
    r"|REINDEX|VACUUM|ALTER|DISCARD|COMMIT|ROLLBACK|CLUSTER|COPY",
    re.IGNORECASE,
)


def unsafe_statements(text: str, analysis: Analysis | None = None) -> list[Finding]:
    """What in a file cannot run in one transaction, in the order of the file.

    With `analysis`, PostgreSQL's own parser is the second reader: a file that it splits otherwise is named too.
    """
    file = read_sql(text)
    problems = list(file.problems)
    if invalid := invalid_character(text):
        problems.append(invalid)
    for statement in file.statements:
        problems += [statement.finding(why) for why in _reasons(statement)]
    if analysis is not None:
        problems += [file.statements[number].finding(_SEVERAL) for number in analysis.several_statements(_parts(file))]
    return sorted(problems, key=lambda problem: problem.line)


def _parts(file: SqlFile) -> list[str]:
    """The file's statements with the comments above them, which the second reader may see otherwise."""
    starts = [0, *(statement.end for statement in file.statements)]
    return [file.text[start : one.end] for start, one in zip(starts, file.statements, strict=False)]


def _reasons(statement: Statement) -> list[str]:
    if statement.is_transaction_command():
        return [_OWN_TRANSACTION]
    if not _MAYBE_UNSAFE.match(statement.text):
        return []
    return [why for start, why in _UNSAFE if start.match(statement.flat)]

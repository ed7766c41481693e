"""What in an SQL file cannot run in one transaction, or may not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.analysis import Analysis, Finding
from commands.systems.postgres.sql_code import COMMAND_START, code_of, has_code
from commands.systems.postgres.sql_file import SqlFile, Statement, invalid_character, read_sql

_OWN_TRANSACTION = "has its own transaction command; remove it, the file already runs in one transaction"
_NO_TRANSACTION = "cannot run in a transaction; move it to a step of its own that uses psql"
_NEEDS_PSQL = "needs psql to send its data; write INSERT statements instead"
_SEVERAL = "PostgreSQL reads more than one statement here; write each on lines of its own"
_OTHER_QUOTES = "changes how quotes are read; remove it, and write E'…' strings where a \\ is an escape"
_TOO_LATE = "comes after the bot's own first query, and PostgreSQL refuses it then; remove it"
_SET = r"SET\s+((SESSION|LOCAL)\s+)?"
_OTHER_LEVEL = r"(SNAPSHOT|SERIALIZABLE|REPEATABLE\s+READ|READ\s+UNCOMMITTED)"
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
        (r"CREATE\s+SUBSCRIPTION\b(?!.*\b(connect|create_slot)\s*=\s*'?(false|off|0|no)\b)", _NO_TRANSACTION),
        (rf"{_SET}standard_conforming_strings\s*(=|TO\b)(?!\s*'?(on|true|yes|1|default)\b)", _OTHER_QUOTES),
        (rf"({_SET}transaction_isolation|SET\s+TRANSACTION)\b.*\b{_OTHER_LEVEL}\b", _TOO_LATE),
        (r"COPY\b.*\bFROM\s+STDIN\b", _NEEDS_PSQL),
        (r"COPY\b.*\bTO\s+STDOUT\b", "sends rows to psql, and there is none here; remove it"),
    )
)  # fmt: skip
COMMITS = "commits in its code, which fails in a transaction; move it to a step of its own that uses psql"
_RUNS_ALONE = "runs in its code what " + _NO_TRANSACTION
_NEW_VALUE = (
    "may use the new value {} of {}, which PostgreSQL refuses in the transaction that adds it; move ALTER TYPE to a "
    "file and step of its own, before this one"
)
_NAME = r'((?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?)'
_LITERAL = re.compile(r"'((?:[^']|'')*)'|\$\w*\$([^$]*)\$\w*\$")
_ADD_VALUE = re.compile(
    rf"ALTER\s+TYPE\s+{_NAME}\s+ADD\s+VALUE\s+(?:IF\s+NOT\s+EXISTS\s+)?(.*)", re.IGNORECASE | re.DOTALL
)
_CREATE_TYPE = re.compile(rf"CREATE\s+TYPE\s+{_NAME}", re.IGNORECASE)
_PROCEDURE = re.compile(rf"CREATE\s+(?:OR\s+REPLACE\s+)?PROCEDURE\s+{_NAME}", re.IGNORECASE)
_CALL = re.compile(rf"CALL\s+{_NAME}", re.IGNORECASE)
_ALONE_IN_CODE = re.compile(
    rf"{COMMAND_START}(?:VACUUM|(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE)|ALTER\s+SYSTEM"
    r"|(?:CREATE|DROP)\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|REINDEX\b[^;']{0,200}\bCONCURRENTLY)\b",
    re.IGNORECASE,
)
_COMMIT_IN_CODE = re.compile(rf"{COMMAND_START}(?:COMMIT|ROLLBACK)\s*(?:;|AND\b)", re.IGNORECASE)
# the first words of the statements above; most files have none of them
_MAYBE_UNSAFE = re.compile(
    r"CREATE\s+(UNIQUE\s+)?(INDEX|DATABASE|TABLESPACE)|DROP\s+(INDEX|DATABASE|TABLESPACE)"
    r"|REINDEX|VACUUM|ALTER|DISCARD|COMMIT|ROLLBACK|CLUSTER|COPY|SET\b|CREATE\s+SUBSCRIPTION",
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


def doubtful_statements(text: str) -> list[Finding]:
    """What PostgreSQL may refuse in one transaction, as far as the file alone shows it, in the order of the file."""
    found = read_sql(text).statements
    blocks = [one for one in found if _runs_code(one)]
    problems = [*_new_enum_values(found), *(one.finding(COMMITS) for one in blocks if _commits(one))]
    problems += [one.finding(_RUNS_ALONE) for one in blocks if _ALONE_IN_CODE.search(code_of(one.text))]
    committing = {name for one in found if _commits(one) for name in _PROCEDURE.findall(one.text)}
    problems += [one.finding(COMMITS) for name, one in called_procedures(text).items() if name in committing]
    return sorted(problems, key=lambda problem: problem.line)


def called_procedures(text: str) -> dict[str, Statement]:
    """The procedures that a file calls, as it writes their names, with the first call of each."""
    calls: dict[str, Statement] = {}
    for statement in read_sql(text).statements:
        if call := _CALL.match(statement.text):
            calls.setdefault(call[1], statement)
    return calls


def _commits(statement: Statement) -> bool:
    return has_code(statement.text) and _COMMIT_IN_CODE.search(code_of(statement.text)) is not None


def _runs_code(statement: Statement) -> bool:
    return statement.text[:2].upper() == "DO"


def _new_enum_values(found: Sequence[Statement]) -> list[Finding]:
    """Statements with a text that an earlier ALTER TYPE … ADD VALUE adds to a type that is older than the file."""
    problems: list[Finding] = []
    created: set[str] = set()
    added: dict[str, str] = {}
    for statement in found:
        if new_type := _CREATE_TYPE.match(statement.text):
            created.add(new_type[1].lower())
        if new_value := _ADD_VALUE.match(statement.text):
            if new_value[1].lower() not in created:
                added |= dict.fromkeys(_values(new_value[2])[:1], new_value[1])
        elif added and (used := next((one for one in _values(statement.text) if one in added), None)):
            problems.append(statement.finding(_NEW_VALUE.format(f"'{used}'", added[used])))
    return problems


def _values(text: str) -> list[str]:
    """The texts in quotes of any kind, also those inside code."""
    found = _LITERAL.findall(text)
    return [quoted or dollars for quoted, dollars in found] + [
        one for _, code in found if code for one in _values(code)
    ]


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

"""Splits an SQL file into statements, and finds what cannot run in one transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass

from commands.ports.analysis import Finding
from commands.systems.postgres.sql_tokens import TOKEN, line_of, token_end, unclosed_kind

_OWN_TRANSACTION = "has its own transaction command; remove it, the file already runs in one transaction"
_NO_TRANSACTION = "cannot run in a transaction; move it to a step of its own that uses psql"
_UNSAFE = (
    (r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT)\b(?!\s+(TO|PREPARED))", _OWN_TRANSACTION),
    (r"(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\b", _NO_TRANSACTION),
    (r"REINDEX\b.*\bCONCURRENTLY\b", _NO_TRANSACTION),
    (r"(VACUUM|(CREATE|DROP)\s+(DATABASE|TABLESPACE)|ALTER\s+SYSTEM)\b", _NO_TRANSACTION),
    (r"COPY\b.*\bFROM\s+STDIN\b", "needs psql to send its data; write INSERT statements instead"),
)  # fmt: skip
_SERVER_WIDE = re.compile(
    r"\b((CREATE|ALTER|DROP)\s+(ROLE|USER(?!\s+MAPPING)|GROUP|DATABASE|TABLESPACE)|ALTER\s+SYSTEM)\b", re.IGNORECASE
)
_GRANT = re.compile(r"\b(GRANT|REVOKE)\b", re.IGNORECASE)  # of a role, if no ON follows
_ON = re.compile(r"\bON\b", re.IGNORECASE)
_LABEL = re.compile(r"\b(COMMENT|SECURITY\s+LABEL)\b", re.IGNORECASE)  # of a role and so on, if such an ON follows
_ON_SERVER_WIDE = re.compile(r"\bON\s+(ROLE|DATABASE|TABLESPACE)\b", re.IGNORECASE)
_HAS_CODE = r"DO\b|CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b"
_TABLE_CHANGE = re.compile(
    r"(?:ALTER|DROP|TRUNCATE)(?:\s+TABLE)?\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<tables>.+)", re.IGNORECASE
)
_TABLE_NAME = r'(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?'


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement: the line on which it starts, counted from 1, its text, and the offset behind its semicolon."""

    line: int
    text: str
    end: int

    @property
    def flat(self) -> str:
        """The text on one line."""
        return " ".join(self.text.split())

    def finding(self, why: str) -> Finding:
        """A finding about this statement, which it quotes."""
        return Finding(line=self.line, statement=self.flat[:80], why=why)


def statements(text: str) -> list[Statement]:
    """The statements of a file, without the comments between them. An unclosed quote extends to the end of the file."""
    return _scan(text)[0]


def append_to_each(text: str, addition: str) -> str:
    """The file with `addition` behind each of its statements; line numbers stay the same."""
    pieces, start = [], 0
    for statement in statements(text):
        # the last statement may lack its semicolon and end in a comment; one semicolon too many does no harm
        pieces += [text[start : statement.end], "\n;" if statement.end == len(text) else "", f" {addition}"]
        start = statement.end
    return "".join([*pieces, text[start:]])


def unsafe_statements(text: str) -> list[Finding]:
    """What in a file cannot run in one transaction, in the order of the file."""
    found, problems = _scan(text)
    if invalid := invalid_character(text):
        problems.append(invalid)
    for statement in found:
        problems += [statement.finding(why) for start, why in _UNSAFE if re.match(start, statement.flat, re.IGNORECASE)]
    return sorted(problems, key=lambda problem: problem.line)


def invalid_character(text: str) -> Finding | None:
    """The first character that no SQL text may have. The server and its parser stop at a NUL without an error."""
    offset, why = text.find("\0"), "a NUL character, which PostgreSQL does not accept; remove it"
    if offset < 0:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            offset, why = error.start, f"U+{ord(text[error.start]):04X} is not a valid Unicode character; remove it"
    if offset < 0:
        return None
    before = text[text.rfind("\n", 0, offset) + 1 : offset]
    return Finding(line=line_of(text, offset), statement=before.strip()[-80:], why=why)


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


def changed_tables(text: str) -> list[str]:
    """The tables that a file alters, drops or truncates, as the file writes them. Only their owner may do that."""
    tables: dict[str, None] = {}
    for statement in statements(text):
        upper = statement.flat.upper()
        match = _TABLE_CHANGE.match(statement.flat)
        if match and (" TABLE " in upper[:20] or upper.startswith("TRUNCATE")):
            names = re.match(rf"{_TABLE_NAME}(?:\s*,\s*{_TABLE_NAME})*", match["tables"])
            tables |= dict.fromkeys(re.findall(_TABLE_NAME, names[0])) if names else {}
    return list(tables)


def _scan(text: str) -> tuple[list[Statement], list[Finding]]:
    """The statements, and what in the text is no SQL: psql commands, unclosed quotes and comments."""
    found: list[Statement] = []
    problems: list[Finding] = []
    # the pieces of the current statement with their offsets, without comments
    pieces: list[tuple[int, str]] = []
    body = _FunctionBody()
    at = depth = 0
    while match := TOKEN.search(text, at):
        start = match.start()
        pieces.append((at, text[at:start]))
        at = token_end(text, match)
        if match["meta"] is not None:
            why = "is a psql command, which only psql understands; remove it"
            problems.append(Finding(line=line_of(text, start), statement=match[0].strip(), why=why))
        elif match["end"] and (depth > 0 or body.goes_on(pieces)):
            pieces.append((start, ";"))
        elif match["end"]:
            found += _statement(text, pieces, at)
            pieces, depth, body = [], 0, _FunctionBody()
        elif match["paren"]:
            depth += 1 if match[0] == "(" else -1
            pieces.append((start, match[0]))
        else:
            if not match["comment"]:
                pieces.append((start, text[start:at]))
            if kind := unclosed_kind(text, match, at):
                why = f"a {kind} that is never closed"
                problems.append(Finding(line=line_of(text, start), statement=match[0][:40], why=why))
    found += _statement(text, [*pieces, (at, text[at:])], len(text))
    return found, problems


class _FunctionBody:
    """Follows a statement through BEGIN ATOMIC ... END, and reads each of its pieces once."""

    def __init__(self) -> None:
        self._read = 0
        self._open = False

    def goes_on(self, pieces: list[tuple[int, str]]) -> bool:
        """Whether a semicolon behind the pieces ends a statement inside the body, and not the whole function."""
        new = "".join(piece for _, piece in pieces[self._read :])
        self._read = len(pieces)
        if not self._open:
            begin = re.search(r"\bBEGIN\s++ATOMIC\b", new, re.IGNORECASE)
            if begin is None:
                return False
            self._open, new = True, new[begin.end() :]
        return new.rpartition(";")[2].strip().upper() != "END"


def _statement(text: str, pieces: list[tuple[int, str]], end: int) -> list[Statement]:
    """The statement that the pieces make, or none if they are blank."""
    statement = "".join(piece for _, piece in pieces).strip()
    if not statement:
        return []
    start = next(at + len(piece) - len(piece.lstrip()) for at, piece in pieces if piece.strip())
    return [Statement(line=line_of(text, start), text=statement, end=end)]

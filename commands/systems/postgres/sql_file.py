"""Splits an SQL file into statements, and finds what cannot run in one transaction."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from commands.ports.analysis import Finding

_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*)
    | (?P<dollar>\$(?:[A-Za-z_]\w*)?\$)
    | (?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*(?P<escaped_end>')?)
    | (?P<string>'(?:[^']|'')*(?P<string_end>')?)
    | (?P<name>"(?:[^"]|"")*(?P<name_end>")?)
    | (?P<meta>\\[^\n]*)
    | (?P<paren>[()])
    | (?P<end>;)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_OWN_TRANSACTION = "has its own transaction command; remove it, the file already runs in one transaction"
_NO_TRANSACTION = "cannot run in a transaction; move it to a step of its own that uses psql"
_UNSAFE = (
    (r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT)\b(?!\s+(TO|PREPARED))", _OWN_TRANSACTION),
    (r"(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\b", _NO_TRANSACTION),
    (r"REINDEX\b.*\bCONCURRENTLY\b", _NO_TRANSACTION),
    (r"(VACUUM|(CREATE|DROP)\s+(DATABASE|TABLESPACE)|ALTER\s+SYSTEM)\b", _NO_TRANSACTION),
    (r"COPY\b.*\bFROM\s+STDIN\b", "needs psql to send its data; write INSERT statements instead"),
)  # fmt: skip
_SERVER_WIDE = (
    r"(CREATE|ALTER|DROP)\s+(ROLE|USER(?!\s+MAPPING)|GROUP|DATABASE|TABLESPACE)\b|ALTER\s+SYSTEM\b"
    r"|(GRANT|REVOKE)\b(?!.*\bON\b)|(COMMENT|SECURITY\s+LABEL)\b.*\bON\s+(ROLE|DATABASE|TABLESPACE)\b"
)
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
    findings = []
    for statement in statements(text):
        matches = re.search if re.match(_HAS_CODE, statement.flat, re.IGNORECASE) else re.match
        if matches(rf"\b({_SERVER_WIDE})", statement.flat, re.IGNORECASE):
            findings.append(statement.finding("changes what all databases of the server share"))
    return findings


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
    at = depth = 0
    while match := _TOKEN.search(text, at):
        start = match.start()
        pieces.append((at, text[at:start]))
        at = _token_end(text, match)
        if match["meta"] is not None:
            why = "is a psql command, which only psql understands; remove it"
            problems.append(Finding(line=line_of(text, start), statement=match[0].strip(), why=why))
        elif match["end"] and (depth > 0 or _in_function_body("".join(piece for _, piece in pieces))):
            pieces.append((start, ";"))
        elif match["end"]:
            found += _statement(text, pieces, at)
            pieces, depth = [], 0
        elif match["paren"]:
            depth += 1 if match[0] == "(" else -1
            pieces.append((start, match[0]))
        else:
            if not match["comment"]:
                pieces.append((start, text[start:at]))
            if kind := _unclosed(text, match, at):
                why = f"a {kind} that is never closed"
                problems.append(Finding(line=line_of(text, start), statement=match[0][:40], why=why))
    found += _statement(text, [*pieces, (at, text[at:])], len(text))
    return found, problems


def _in_function_body(statement: str) -> bool:
    """Whether a semicolon here ends a statement inside BEGIN ATOMIC ... END, and not the whole function."""
    body = re.search(r"\bBEGIN\s+ATOMIC\b(.*)", statement, re.IGNORECASE | re.DOTALL)
    return body is not None and not re.search(r"(^|;)\s*END\s*$", body[1], re.IGNORECASE)


def _token_end(text: str, match: re.Match[str]) -> int:
    """The offset behind a token; for a comment that never ends, one behind the end of the text.

    Comments nest. A dollar quote ends at its own tag.
    """
    if match["dollar"]:
        end = text.find(match["dollar"], match.end())
        return end + len(match["dollar"]) if end >= 0 else len(text)
    if match["comment"] != "/*":
        return match.end()
    depth, at = 1, match.end()
    while depth and (mark := re.compile(r"/\*|\*/").search(text, at)):
        depth += 1 if mark[0] == "/*" else -1
        at = mark.end()
    return at if not depth else len(text) + 1


def _unclosed(text: str, match: re.Match[str], end: int) -> str:
    """The kind of token that is never closed ("quote" or "comment"), or empty."""
    if match["comment"]:
        return "comment" if end > len(text) else ""
    closed = match["string_end"] or match["escaped_end"] or match["name_end"]
    if match["dollar"]:
        closed = text[match.end() : end].endswith(match["dollar"])
    return "" if closed else "quote"


def _statement(text: str, pieces: list[tuple[int, str]], end: int) -> list[Statement]:
    """The statement that the pieces make, or none if they are blank."""
    statement = "".join(piece for _, piece in pieces).strip()
    if not statement:
        return []
    start = next(at + len(piece) - len(piece.lstrip()) for at, piece in pieces if piece.strip())
    return [Statement(line=line_of(text, start), text=statement, end=end)]


def line_of(text: str, offset: int) -> int:
    """The line of the character at an offset, counted from 1."""
    return bisect_left(_line_ends(text), offset) + 1


@lru_cache(maxsize=2)
def _line_ends(text: str) -> list[int]:
    """The offsets of the line ends; cached, because each of a file's many statements asks for its line."""
    return [end.start() for end in re.finditer("\n", text)]

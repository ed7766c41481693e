"""Splits an SQL file into its statements, as PostgreSQL reads them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache

from commands.ports.analysis import Finding
from commands.systems.postgres.sql_tokens import (
    SPACE,
    Lines,
    blanked,
    is_comment,
    line_of,
    token_end,
    token_pattern,
    unclosed_kind,
)
from state.frozen import dataclass

BYTE_ORDER_MARK = "\ufeff"
_TRANSACTION_COMMAND = re.compile(
    r"(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION)\b"
    r"(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b|\s+PREPARED\b)",
    re.IGNORECASE,
)
# how migration tools mark the part of a file that takes the rest of it back
_DOWN_PART = re.compile(
    r"--++\s*+(migrate:down|\+\s*+\w{1,30}\s++down|rambler\s++down|down\s++migration|!downs|//\s*+@undo"
    r"|create\s++above\s*+/\s*+drop\s++below)(?!\w)",
    re.IGNORECASE,
)
# the same behind other statements; a rollback's own file may have it as its title
_DOWN_WORD = re.compile(
    r"(--++|/\*++)\s*+[^\w\s]{0,80}\s*+((migration|migrate|schema)[ _-])?(down|undo|roll[ -]?back|revert|back[ -]?out)"
    r"([ _-](migration|script|part|section|sql))?\s*+[^\w\s;]{0,80}\s*+$",
    re.IGNORECASE,
)
_OWN_ROLLBACK = "begins the file's own rollback, which would run too; move that part to a file of its own"
_BEGIN = re.compile(r"BEGIN(?:\s+(?:WORK|TRANSACTION))?|START\s+TRANSACTION", re.IGNORECASE)
_COMMIT = re.compile(r"(?:COMMIT|END)(?:\s+(?:WORK|TRANSACTION))?", re.IGNORECASE)
_CHANGE = re.compile(
    r"(?:(?:ALTER|DROP)\s+(?:TABLE|MATERIALIZED\s+VIEW|VIEW|INDEX|SEQUENCE|FOREIGN\s+TABLE)(?:\s+CONCURRENTLY)?"
    r"|TRUNCATE(?:\s+TABLE)?|COMMENT\s+ON\s+(?:TABLE|VIEW|INDEX|SEQUENCE)"
    r"|CREATE\s+(?:UNIQUE\s+)?INDEX\b[^(]*?\bON)"
    r"\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<names>.+)",
    re.IGNORECASE | re.DOTALL,
)
_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_TABLE_NAME = rf"{_NAME}(?:\.{_NAME})?"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement: the line on which it starts, counted from 1, its text, and where it stands in the file.

    `start` is the offset of its first character, `end` the one behind its semicolon.
    """

    line: int
    text: str
    start: int
    end: int

    @cached_property
    def flat(self) -> str:
        """The text on one line."""
        return " ".join(self.text.split())

    def is_transaction_command(self) -> bool:
        """Whether it begins or ends a transaction. What only sets or returns to a savepoint does not."""
        return _TRANSACTION_COMMAND.match(self.text) is not None

    def finding(self, why: str) -> Finding:
        """A finding about this statement, which it quotes."""
        return Finding(line=self.line, statement=self.flat[:80], why=why)


@dataclass(frozen=True, kw_only=True)
class SqlFile:
    """A file as it is applied: its text and statements, and what in it is no SQL.

    As psql does, a byte order mark at its very beginning is left out. So is one BEGIN … COMMIT around everything,
    because the bot runs the file in a transaction of its own. Every other character keeps its place.
    """

    text: str
    statements: tuple[Statement, ...]
    problems: tuple[Finding, ...]


@lru_cache(maxsize=4)  # a step and its tools read the same file several times
def read_sql(text: str) -> SqlFile:
    """Read a file. An unclosed quote extends to the end of the file."""
    if text.startswith(BYTE_ORDER_MARK):
        text = f" {text[1:]}"
    found, problems = _scan(text)
    if _is_wrapped(found):
        for pair in (found[0], found[-1]):
            text = text[: pair.start] + blanked(text[pair.start : pair.end]) + text[pair.end :]
        found = found[1:-1]
    return SqlFile(text=text, statements=tuple(found), problems=tuple(problems))


def _is_wrapped(found: list[Statement]) -> bool:
    """Whether a plain BEGIN and COMMIT stand around all other statements, with no other transaction command."""
    return (
        len(found) > 2
        and _BEGIN.fullmatch(found[0].flat) is not None
        and _COMMIT.fullmatch(found[-1].flat) is not None
        and not any(statement.is_transaction_command() for statement in found[1:-1])
    )


def statements(text: str) -> list[Statement]:
    """The statements of a file as it is applied, without the comments between them."""
    return list(read_sql(text).statements)


def append_to_each(text: str, addition: str) -> str:
    """The file as it is applied, with `addition` behind each of its statements; line numbers stay the same."""
    file, pieces, start = read_sql(text), [], 0
    for statement in file.statements:
        # the last statement may lack its semicolon and end in a comment; one semicolon too many does no harm
        lacks_end = statement.end == len(file.text)
        pieces += [file.text[start : statement.end], "\n;" if lacks_end else "", f" {addition}"]
        start = statement.end
    return "".join([*pieces, file.text[start:]])


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


def changed_relations(text: str) -> list[tuple[str, str]]:
    """What a file alters, drops, truncates, indexes or comments, as it writes the names, each with what that needs.

    "OWN": only the owner may do it. "DROP": the schema's owner may, too. "TRUNCATE": that right can be granted.
    Tables, views, indexes and sequences; what the file itself makes is among them.
    """
    relations: dict[tuple[str, str], None] = {}
    for statement in statements(text):
        if match := _CHANGE.match(statement.text):
            names = re.match(rf"{_TABLE_NAME}(?:\s*,\s*{_TABLE_NAME})*", match["names"])
            verb = statement.flat.partition(" ")[0].upper()
            needs = verb if verb in {"DROP", "TRUNCATE"} else "OWN"
            relations |= {(name, needs): None for name in re.findall(_TABLE_NAME, names[0])} if names else {}
    return list(relations)


def _scan(text: str) -> tuple[list[Statement], list[Finding]]:
    """The statements, and what in the text is no SQL: psql commands, unclosed quotes and comments."""
    found: list[Statement] = []
    problems: list[Finding] = []
    # the pieces of the current statement with their offsets, without comments
    pieces: list[tuple[int, str]] = []
    rollbacks: list[tuple[int, str]] = []
    body = _FunctionBody()
    lines = Lines(text)
    may_have_body = "atomic" in text.lower()
    at = depth = 0
    token = token_pattern()
    while match := token.search(text, at):
        start, kind = match.start(), match.lastgroup
        gap = text[at:start]
        pieces.append((at, gap))
        depth += gap.count("(") - gap.count(")")
        at = token_end(text, match)
        if kind == "end" and (depth > 0 or (may_have_body and body.goes_on(pieces))):
            pieces.append((start, ";"))
        elif kind == "end":
            found += _statement(lines, pieces, at)
            pieces, depth = [], 0
            body = _FunctionBody() if may_have_body else body
        elif kind == "meta":
            why = "is a psql command, which only psql understands; remove it"
            problems.append(Finding(line=lines.line_of(start), statement=match[0].strip(), why=why))
        else:
            if not is_comment(match):
                pieces.append((start, text[start:at]))
            elif _DOWN_PART.match(match[0]) or (found and _DOWN_WORD.match(text[start:at])):
                rollbacks.append((start, text[start:at].strip()))
            if unclosed := unclosed_kind(text, match, at):
                why = f"a {unclosed} that is never closed"
                problems.append(Finding(line=lines.line_of(start), statement=match[0][:40], why=why))
    found += _statement(lines, [*pieces, (at, text[at:])], len(text))
    for start, comment in _rollback_parts(text, found, rollbacks):
        problems.append(Finding(line=lines.line_of(start), statement=comment[:80], why=_OWN_ROLLBACK))
    return found, problems


def _rollback_parts(text: str, found: list[Statement], comments: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The comments that begin a part which would run: not those inside a statement, or before comments alone."""
    starts = [one.start for one in found]
    last = max((one.end for one in found if not one.is_transaction_command()), default=0)
    for offset, comment in comments:
        before = bisect_right(starts, offset) - 1
        inside = before >= 0 and found[before].end > offset
        # Play writes "# --- !Downs"
        if last > offset and (not inside or text[starts[before] : offset].strip() == "#"):
            yield offset, comment


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


def _statement(lines: Lines, pieces: list[tuple[int, str]], end: int) -> list[Statement]:
    """The statement that the pieces make, or none if they are blank."""
    statement = "".join(piece for _, piece in pieces).strip(SPACE)
    if not statement:
        return []
    at, piece = next(placed for placed in pieces if placed[1].strip(SPACE))
    start = at + len(piece) - len(piece.lstrip(SPACE))
    return [Statement(line=lines.line_of(start), text=statement, start=start, end=end)]

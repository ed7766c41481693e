"""An SQL file as statements with their lines, and what in it cannot run inside one transaction."""

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

_OWN = "holds its own transaction command; take it out, the file is one transaction already"
_ALONE = "cannot run in a transaction; put it into a step of its own with psql"
_WHY = (
    (r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT)\b(?!\s+(TO|PREPARED))", _OWN),
    (r"(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\b", _ALONE),
    (r"REINDEX\b.*\bCONCURRENTLY\b", _ALONE),
    (r"(VACUUM|(CREATE|DROP)\s+(DATABASE|TABLESPACE)|ALTER\s+SYSTEM)\b", _ALONE),
    (r"COPY\b.*\bFROM\s+STDIN\b", "needs psql to send its data; write INSERT statements instead"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement with the file's line on which it begins, counted from 1, and where its text ends, behind its semicolon."""

    line: int
    text: str
    end: int


def statements(text: str) -> list[Statement]:
    """The statements of a file, without comments between them. An unclosed quote runs to the file's end."""
    return _scan(text)[0]


def after_each(text: str, words: str) -> str:
    """The file with `words` behind each of its statements; every line stays where it is."""
    pieces, at = [], 0
    for one in statements(text):
        # the last one may lack its semicolon, and end in a comment; one too many does no harm
        pieces += [text[at : one.end], "\n;" if one.end == len(text) else "", f" {words}"]
        at = one.end
    return "".join([*pieces, text[at:]])


def unsafe_statements(text: str) -> list[Finding]:
    """What in a file cannot run inside one transaction, in the file's order."""
    found, problems = _scan(text)
    for statement in found:
        words = " ".join(statement.text.split())
        problems += [
            Finding(line=statement.line, statement=words[:80], why=why)
            for pattern, why in _WHY
            if re.match(pattern, words, re.IGNORECASE)
        ]
    return sorted(problems, key=lambda one: one.line)


_SERVER_WIDE = (
    r"(CREATE|ALTER|DROP)\s+(ROLE|USER(?!\s+MAPPING)|GROUP|DATABASE|TABLESPACE)\b|ALTER\s+SYSTEM\b|(GRANT|REVOKE)\b(?!.*\bON\b)"
    r"|(COMMENT|SECURITY\s+LABEL)\b.*\bON\s+(ROLE|DATABASE|TABLESPACE)\b"
)
_CODE = r"DO\b|CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b"


def server_wide(text: str) -> list[Finding]:
    """What in a file changes what all databases of its server share: roles, databases, tablespaces. In code, what may do so."""
    found = []
    for one in statements(text):
        words = " ".join(one.text.split())
        look = re.search if re.match(_CODE, words, re.IGNORECASE) else re.match
        if look(rf"\b({_SERVER_WIDE})", words, re.IGNORECASE):
            found.append(Finding(line=one.line, statement=words[:80], why="changes what the whole server shares"))
    return found


_CHANGES = re.compile(
    r"(?:ALTER|DROP|TRUNCATE)(?:\s+TABLE)?\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<tables>.+)", re.IGNORECASE
)
_TABLE = r'(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?'


def changed_tables(text: str) -> list[str]:
    """The names, as the file writes them, of the tables that it alters, drops or empties, which only their owner may."""
    found: dict[str, None] = {}
    for statement in statements(text):
        words = " ".join(statement.text.split())
        match = _CHANGES.match(words)
        if match and (" TABLE " in words.upper()[:20] or words.upper().startswith("TRUNCATE")):
            listed = re.match(rf"{_TABLE}(?:\s*,\s*{_TABLE})*", match["tables"])
            found |= dict.fromkeys(re.findall(_TABLE, listed[0])) if listed else {}
    return list(found)


def _scan(text: str) -> tuple[list[Statement], list[Finding]]:
    found: list[Statement] = []
    problems: list[Finding] = []
    kept: list[tuple[int, str]] = []
    at = depth = 0
    while match := _TOKEN.search(text, at):
        kept.append((at, text[at : match.start()]))
        at = _after(text, match)
        if match["meta"] is not None:
            why = "is a psql command, which only psql understands; take it out"
            problems.append(Finding(line=line_of(text, match.start()), statement=match[0].strip(), why=why))
        elif match["end"] and (depth > 0 or _in_body("".join(piece for _, piece in kept))):
            kept.append((match.start(), ";"))
        elif match["end"]:
            found += _statement(text, kept, at)
            kept, depth = [], 0
        elif match["paren"]:
            depth += 1 if match[0] == "(" else -1
            kept.append((match.start(), match[0]))
        else:
            if not match["comment"]:
                kept.append((match.start(), text[match.start() : at]))
            if what := _unclosed(text, match, at):
                why = f"a {what} that is never closed"
                problems.append(Finding(line=line_of(text, match.start()), statement=match[0][:40], why=why))
    found += _statement(text, [*kept, (at, text[at:])], len(text))
    return found, problems


def _in_body(words: str) -> bool:
    """Whether a semicolon here ends a statement inside a function's body that is written in SQL itself, and not the function."""
    body = re.search(r"\bBEGIN\s+ATOMIC\b(.*)", words, re.IGNORECASE | re.DOTALL)
    return body is not None and not re.search(r"(^|;)\s*END\s*$", body[1], re.IGNORECASE)


def _after(text: str, match: re.Match[str]) -> int:
    """Where the token ends, behind the text if a comment does not; comments nest, and a dollar quote ends at its own tag."""
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
    """What is not closed, or nothing."""
    if match["comment"]:
        return "comment" if end > len(text) else ""
    closed = match["string_end"] or match["escaped_end"] or match["name_end"]
    if match["dollar"]:
        closed = text[match.end() : end].endswith(match["dollar"])
    return "" if closed else "quote"


def _statement(text: str, pieces: list[tuple[int, str]], end: int) -> list[Statement]:
    words = "".join(piece for _, piece in pieces)
    if not words.strip():
        return []
    start = next(at + len(piece) - len(piece.lstrip()) for at, piece in pieces if piece.strip())
    return [Statement(line=line_of(text, start), text=words.strip(), end=end)]


def line_of(text: str, at: int) -> int:
    """The line of a character, counted from 1."""
    return bisect_left(_ends(text), at) + 1


@lru_cache(maxsize=2)
def _ends(text: str) -> list[int]:
    """Where the lines end: a file may have many statements, each with its line."""
    return [found.start() for found in re.finditer("\n", text)]

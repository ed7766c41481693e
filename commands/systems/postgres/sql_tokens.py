"""The tokens of an SQL text that decide where a statement ends."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache

# As in PostgreSQL's scanner: a name may hold any character beyond ASCII, and $ behind its first. So `a$x$b` is a name
# and no quote, and a comment also ends at a carriage return.
_IN_NAME = r"[A-Za-z0-9_$\u0080-\U0010ffff]"
# Between two pieces of one string: E'a' and, on a later line, 'b'. The later pieces are read as the first one.
_NEXT_PIECE = r"'[ \t\f\v]*+(?:--[^\n\r]*+)?+[\n\r](?:[ \t\f\v\n\r]|--[^\n\r]*+[\n\r])*+'"
_TAG = r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*+"
# What a token may begin with stands before all branches: so the search is quick. E'…' is found at its quote.
_TOKEN = rf"""
    [-/$'"\\;](?:
      (?<=-)(?P<line>-[^\n\r]*+)
    | (?<=/)(?P<block>\*)
    | (?<=\$)(?<!{_IN_NAME}\$)(?P<dollar>(?:{_TAG})?\$)
    | (?<=[eE]')(?<!{_IN_NAME}[eE]')(?P<escaped>[^'\\]*+(?:(?:\\.|''|{_NEXT_PIECE})[^'\\]*+)*+)(?P<escaped_end>')?
    | (?<=')(?P<string>[^']*+(?:''[^']*+)*+)(?P<string_end>')?
    | (?<=")(?P<name>[^"]*+(?:""[^"]*+)*+)(?P<name_end>")?
    | (?<=\\)(?P<meta>[^\n]*+)
    | (?<=;)(?P<end>)
    )
    """
SPACE = " \t\n\r\f\v"  # all that PostgreSQL takes for space; any other is a letter to it
_COMMENT_MARK = re.compile(r"/\*|\*/")
# PostgreSQL takes no operator of more characters than its names have; its scanner reads a longer one again and again
_LONG_OPERATOR = re.compile(r"[+*/<>=~!@#%^&|`?-]{64}")
_NO_LINE_END = re.compile(r"[^\n]")


@cache
def token_pattern() -> re.Pattern[str]:
    """What finds the next token. Compiled at its first use, which takes 15 ms; its groups are the kinds of tokens."""
    return re.compile(_TOKEN, re.VERBOSE | re.DOTALL)


def token_end(text: str, match: re.Match[str]) -> int:
    """The offset behind a token; for a comment that never ends, one behind the end of the text.

    Comments nest. A dollar quote ends at its own tag.
    """
    if match.lastgroup == "dollar":
        end = text.find(match[0], match.end())
        return end + len(match[0]) if end >= 0 else len(text)
    if match.lastgroup != "block":
        return match.end()
    depth, at = 1, match.end()
    while depth and (mark := _COMMENT_MARK.search(text, at)):
        depth += 1 if mark[0] == "/*" else -1
        at = mark.end()
    return at if not depth else len(text) + 1


def unclosed_kind(text: str, match: re.Match[str], end: int) -> str:
    """The kind of token that is never closed ("quote" or "comment"), or empty."""
    if is_comment(match):
        return "comment" if end > len(text) else ""
    closed = match.lastgroup in {"string_end", "escaped_end", "name_end"}
    if match.lastgroup == "dollar":
        closed = text[match.end() : end].endswith(match[0])
    return "" if closed else "quote"


def is_comment(match: re.Match[str]) -> bool:
    """Whether a token is a comment."""
    return match.lastgroup in {"line", "block"}


def without_comments(text: str) -> str:
    """The text with a space for each character of a comment, so that every other character keeps its place.

    Of a comment that never ends, its start is left.
    """
    pieces, at, kept, token = [], 0, 0, token_pattern()
    while match := token.search(text, at):
        at = token_end(text, match)
        if is_comment(match):
            start = match.start() if at <= len(text) else match.end()
            pieces += [text[kept:start], blanked(text[start:at])]
            kept = at
    return "".join([*pieces, text[kept:]])


def blanked(text: str) -> str:
    """A space for each character of a text but its line ends."""
    return _NO_LINE_END.sub(" ", text)


def long_operator(text: str) -> int:
    """The offset of an operator that is too long, or -1. What is in quotes and comments is no operator."""
    at, token = 0, token_pattern()
    while match := token.search(text, at):
        if found := _LONG_OPERATOR.search(text, at, match.start()):
            return found.start()
        at = token_end(text, match)
    found = _LONG_OPERATOR.search(text, at)
    return found.start() if found else -1


class Lines:
    """The lines of one text; made once for its many statements."""

    def __init__(self, text: str) -> None:
        self._ends = [end.start() for end in re.finditer("\n", text)]

    def line_of(self, offset: int) -> int:
        """The line of the character at an offset, counted from 1."""
        return bisect_left(self._ends, offset) + 1


def line_of(text: str, offset: int) -> int:
    """The line of the one character at an offset, counted from 1."""
    return text.count("\n", 0, offset) + 1

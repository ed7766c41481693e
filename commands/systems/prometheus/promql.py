"""Values in PromQL: each is the value of a label, and never a name, an operator or a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from commands.ports.page_text import PLACEHOLDER
from state.errors import BadValue

_TOKEN = re.compile(
    rf"""
    (?P<space> \s+ | \#[^\n]* )
    | (?P<quoted> "(?:[^"\\\n]|\\[^\n])*" | '(?:[^'\\\n]|\\[^\n])*' )
    | (?P<raw> `[^`]*` )
    | (?P<open> ["'`] )                # closed nowhere
    | (?P<name> {PLACEHOLDER.pattern} )
    | (?P<comparison> [=<>]= )
    | (?P<matcher> =~ | !~ | != | = )
    | (?P<part> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_PATTERNS = ("=~", "!~")  # matchers that read the value as a regular expression
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")


class _Token(NamedTuple):
    """A part of a query that holds a `<name>`. `matcher` stands before it in braces, or is empty."""

    kind: str
    text: str
    start: int
    matcher: str


def query_error(query: str) -> str:
    """Why values could not be put into a query, as a sentence for the page's author; empty if they can."""
    for token in _tokens(query):
        if token.kind == "open":
            return "a quote is not closed on its line; close it"
        if not _is_label_value(token):
            name = next(PLACEHOLDER.finditer(token.text))[0]
            return f'{name} must be the value of a label, as in {{version={name}}} or {{pod=~"api-{name}-.*"}}'
    return ""


def fill_query(query: str, values: Mapping[str, str]) -> str:
    """The query with its values as PromQL strings. In a regular expression a value stands for itself only.

    Unknown names stay as they are. Raises BadValue for a value where it would not be a label's, and for an empty one.
    """
    pieces, done = [], 0
    for token in _tokens(query):
        if not any(match[1] in values for match in PLACEHOLDER.finditer(token.text)):
            continue
        if not _is_label_value(token):
            raise BadValue(f"A value in {token.text[:80]} is not the value of a label, so the query was not asked.")
        pieces += [query[done : token.start], _filled(token, values)]
        done = token.start + len(token.text)
    return "".join([*pieces, query[done:]])


def _tokens(query: str) -> Iterator[_Token]:
    """The tokens with a `<name>` outside of comments. After a quote that is not closed, the rest is one token."""
    matcher, depth, at = "", 0, 0
    while token := _TOKEN.match(query, at):
        kind, text = str(token.lastgroup), token[0]
        if kind == "open":
            yield _Token(kind, query[at:], at, "")
            return
        if kind != "space":
            if PLACEHOLDER.search(text):
                yield _Token(kind, text, at, matcher if depth == 1 else "")
            depth += (text == "{") - (text == "}")
            matcher = text if kind == "matcher" else ""
        at = token.end()


def _is_label_value(token: _Token) -> bool:
    return token.kind in {"name", "quoted"} and token.matcher != ""


def _filled(token: _Token, values: Mapping[str, str]) -> str:
    quote = token.text[0] if token.kind == "quoted" else ""

    def put_in(match: re.Match[str]) -> str:
        return _data(match[1], values[match[1]], quote or '"', token.matcher) if match[1] in values else match[0]

    text = PLACEHOLDER.sub(put_in, token.text)
    return text if quote or text == token.text else f'"{text}"'


def _data(name: str, value: str, quote: str, matcher: str) -> str:
    """A value inside quotes, where it can be nothing but itself."""
    if not value:
        raise BadValue(f"<{name}> is empty, which PromQL takes for every series without this label.")
    text = _META.sub(r"\\\g<0>", value) if matcher in _PATTERNS else value
    return "".join(_escaped(character, quote) for character in text)


def _escaped(character: str, quote: str) -> str:
    if character in {quote, "\\"}:
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"

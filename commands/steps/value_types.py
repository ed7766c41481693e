"""The types of the values that steps keep for later steps."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple


class ValueType(StrEnum):
    """What a value must be, by the word that the page uses for it."""

    NUMBER = "number"
    INTEGER = "integer"
    COMMIT = "commit"
    SHA256 = "sha256"
    WORD = "word"
    LIST = "list"
    PATH = "path"
    TEXT = "text"


class _Rule(NamedTuple):
    """`longest` is in characters; `words` say what fits."""

    pattern: re.Pattern[str]
    longest: int
    words: str


_PLAIN = "letters, digits and ._:/@+=,%-"
_RULES = {
    ValueType.NUMBER: _Rule(re.compile(r"-?[0-9]+(\.[0-9]+)?"), 30, "a number"),
    ValueType.INTEGER: _Rule(re.compile(r"[0-9]+"), 18, "a whole number"),
    ValueType.COMMIT: _Rule(re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"), 64, "a commit (40 or 64 hex digits)"),
    ValueType.SHA256: _Rule(re.compile(r"[0-9a-f]{64}"), 64, "a SHA-256 checksum (64 hex digits)"),
    ValueType.WORD: _Rule(
        re.compile(r"[A-Za-z0-9._:/@+=,%][A-Za-z0-9._:/@+=,%-]*"),
        200,
        f"a word of at most 200 plain characters ({_PLAIN}), without - at its start and without .. as a folder",
    ),
    ValueType.LIST: _Rule(
        re.compile(r"[A-Za-z0-9.:]+(,[A-Za-z0-9.:]+)*"), 4000, "numbers and plain words, with a comma between two"
    ),
    ValueType.PATH: _Rule(
        re.compile(r"/.*"), 4000, "paths of files from / on, on one line, with : between two, without .. as a folder"
    ),
    ValueType.TEXT: _Rule(
        re.compile(r"[^-].*"), 1000, "one line of at most 1000 printable characters, without - at its start"
    ),
}
NUMBER_TYPES = frozenset({ValueType.NUMBER, ValueType.INTEGER})
# inserted anywhere in a shell script, values of these types are only what they are
PLAIN_TYPES = NUMBER_TYPES | {ValueType.COMMIT, ValueType.SHA256, ValueType.WORD, ValueType.LIST}
_HAS_FOLDERS = frozenset({ValueType.WORD, ValueType.PATH})
# control characters, invisible ones like those that change the direction of text, halves of a character, line ends
_NOT_PRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def fits(value: str, kind: ValueType) -> bool:
    """Whether a value fits a type. Takes time in proportion to the longest value that the type allows."""
    rule = _RULES[kind]
    if len(value) > rule.longest or not is_printable(value) or not rule.pattern.fullmatch(value):
        return False
    if kind in _HAS_FOLDERS and {".", ".."} & set(value.split("/")):
        return False
    return kind is not ValueType.WORD or any(character.isalnum() for character in value)


def is_printable(value: str) -> bool:
    """Whether a value has one line, and only characters that can be seen, or spaces."""
    return not any(unicodedata.category(character) in _NOT_PRINTABLE for character in value)


def misfit(name: str, value: str, kind: ValueType, source: str) -> str:
    """The sentence for a value that does not fit its type; empty if it fits. `source` is where it came from."""
    return "" if fits(value, kind) else f"<{name}> ({source}) must be {_RULES[kind].words}, but it is not."

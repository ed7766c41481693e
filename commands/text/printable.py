"""Text from outside as one plain line for a terminal or a log."""

from __future__ import annotations

import unicodedata

_KEPT = {"\t"}
# letters that show as nothing but have a harmless category
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u3164\uffa0\u2800")
# Cc: control characters and C1; Cf: marks of direction, zero-width marks; Cs: half emoji; Zl, Zp: line ends
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_JOINER = "\u200d"


def printable(text: str) -> str:
    """One line: each control character, direction mark, zero-width mark and line end becomes a visible escape."""
    # almost every line is plain
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(text, place, letter) for place, letter in enumerate(text))


def _shown(text: str, place: int, letter: str) -> str:
    if letter in _KEPT or (letter not in _BLANK and unicodedata.category(letter) not in _HIDDEN):
        return letter
    if letter == _JOINER and _joins_emoji(text, place):
        return letter
    code = ord(letter)
    return {"\n": "\\n", "\r": "\\r"}.get(letter) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )


def _joins_emoji(text: str, place: int) -> bool:
    """Whether a zero-width joiner stands within one emoji, as in 👩‍💻, and hides nothing."""
    before = place - 2 if text[place - 1] == "\ufe0f" else place - 1
    pair = (text[before], text[place + 1]) if before >= 0 and place + 1 < len(text) else ()
    return bool(pair) and all(unicodedata.category(letter) in {"So", "Sk"} for letter in pair)

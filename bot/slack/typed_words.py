"""What people type after `/deploy`, as they meant it: the keyboards of phones change it."""

from __future__ import annotations

import re

_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
_QUOTES = "\"'“”„‟‘’‚‛«»‹›`*"
_ENDS = f"{_QUOTES}.,;:!…"  # two spaces become a full stop and one space
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_IN_TWO = {("roll", "back"): "rollback", ("false", "alarm"): "false-alarm", ("hand", "over"): "handover"}
_IN_ONE = {"-".join(words): verb for words, verb in _IN_TWO.items()}


def first_and_rest(text: str) -> tuple[str, str]:
    """The first word in small letters, without what a keyboard puts around it, and what follows it.

    Any white space ends the word: a line end, a tab, a space that does not break. A command in two words is one. What
    follows stays as it is: a reason may need what is invisible, as some scripts and emoji do.
    """
    first, rest = _cut(text)
    verb = _plain(first)
    second, after = _cut(rest)
    if both := _IN_TWO.get((verb, _plain(second))):
        return both, after
    return _IN_ONE.get(verb, verb), rest


def names_in(text: str) -> list[str]:
    """The words of a text that names pages, refs and times, without quotes around them."""
    words = [_INVISIBLE.sub("", word) for word in text.split()]
    return [word.strip(_QUOTES) or word for word in words if word]


def _plain(word: str) -> str:
    return _INVISIBLE.sub("", word).translate(_DASHES).strip(_ENDS).lower()


def _cut(text: str) -> tuple[str, str]:
    first, rest = [*text.split(maxsplit=1), "", ""][:2]
    return first, rest.strip()

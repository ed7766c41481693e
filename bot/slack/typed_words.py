"""What people type after `/deploy`, as they meant it: the keyboards of phones change it."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = "\"'“”„‟‘’‚‛«»‹›`*"
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−⁃", "-"))
_HYPHENS = "-‐‑"  # a longer dash ends a word
_QUESTIONS = "?？؟"  # a question is no command
_MARKUP = "<@#"  # where a person or a channel begins
_IN_TWO = {("roll", "back"): "rollback", ("false", "alarm"): "false-alarm", ("hand", "over"): "handover"}
_IN_ONE = {"-".join(words): verb for words, verb in _IN_TWO.items()}
_COMMANDS = ("deploy", "gonogo")  # a command that was copied whole: `/deploy /deploy rollback`
_BECAUSE = re.compile(r"(?i)(?:^|[\s,;:–—])because[:,.]?(?=\s|$)")


def first_and_rest(text: str) -> tuple[str, str]:
    """The first word in small letters, without what a keyboard puts around it, and what follows it.

    Whatever is no letter, digit or hyphen ends the word: white space, a full stop, a dash, an emoji. What is before it,
    and between it and the next white space, is left out. A command in two words is one, and the name of the command
    itself is none. The rest stays as it is: a reason may need what is invisible, as some scripts and emoji do.
    """
    first, rest = _cut(text)
    while _plain(first) in _COMMANDS and rest:
        first, rest = _cut(rest)
    verb = _plain(first)
    second, after = _cut(rest)
    if both := _IN_TWO.get((verb.strip("-"), _plain(second))):
        return both, after
    return _IN_ONE.get(verb, verb), rest


def names_in(text: str) -> list[str]:
    """The words of a text that names pages, refs and times, without quotes around them or a comma behind."""
    words = [_visible(word) for word in text.split()]
    return [word.strip(_QUOTES).rstrip(",;") or word for word in words if word]


def reason_in(text: str) -> tuple[str, str | None]:
    """What stands before the word because, and the reason after it; None without that word."""
    same_length = "".join(" " if _is_invisible(char) else char for char in text)
    found = _BECAUSE.search(same_length)
    if found is None:
        return text, None
    after = found.end()
    while after < len(text) and (text[after].isspace() or _is_invisible(text[after])):
        after += 1
    return text[: found.start()], text[after:].rstrip()


def _visible(text: str) -> str:
    return "".join(char for char in text if not _is_invisible(char))


def _is_invisible(char: str) -> bool:
    """Whether it only says how others are shown: marks of the writing direction, joiners, soft hyphens."""
    return unicodedata.category(char) in {"Cf", "Cc"} and not char.isspace()


def _plain(word: str) -> str:
    return _visible(unicodedata.normalize("NFKC", word)).translate(_DASHES).lower()


def _cut(text: str) -> tuple[str, str]:
    first, rest = [*text.split(maxsplit=1), "", ""][:2]
    start = next((at for at, char in enumerate(text) if char.isalnum() or char in _QUESTIONS), None)
    if start is None or first[:1] in _MARKUP:
        return first, rest.strip()
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] in _HYPHENS or _is_invisible(text[end])):
        end += 1
    after = end
    while after < len(text) and not (text[after].isalnum() or text[after].isspace() or text[after] in _MARKUP):
        after += 1
    question = any(char in _QUESTIONS for char in text[end:after])
    return text[start : after if question else end], text[after:].strip()

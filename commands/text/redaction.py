"""Masking of secrets that a field's name or a value's shape gives away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from commands.text.foreign_json import read_json

HIDDEN = "•••"
# in plain text: words in a name that say that the value after it is a secret
_NAMES = (
    r"token|jwt|session|passw|pwd|secret(?!ar)|authorization|cookie|api[_-]?key|private[_-]?key|credential"
    r"|\b(?:sid|csrf|otp)\b"
)
# in the name of a JSON field: any of its words, its last one or two (`token_count` is no secret), or the whole name
_ANY_WORD = {
    "jwt",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "authorization",
    "cookie",
    "credentials",
    "credential",
}
_LAST_WORDS = {
    "token",
    "session",
    "sid",
    "csrf",
    "xsrf",
    "otp",
    "apikey",
    "privatekey",
    "sessionid",
    "api key",
    "private key",
    "session id",
}
_WHOLE_NAME = {"access", "refresh", "bearer", "tokens"}
# Each pattern starts with a fixed word and has bounded repeats: the texts are long and come from outside, so the time
# must grow with their length and no faster.
_HEADER = re.compile(r"((?:cookie|authorization)\s{0,5}:\s{0,5})[^\"'\r\n<]+", re.IGNORECASE)
_PAIR = re.compile(
    rf"""((?:{_NAMES})[\w.-]{{0,40}}\\?["']?\s{{0,5}}[:=]\s{{0,5}})"""
    r"""(\\"[^"\\]*(?:\\")?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&"'<>{}\[\]]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(\b(?:bearer|basic)\s{1,5})(?=\S{0,200}\d)[\w.~+/=-]{8,}", re.IGNORECASE)
_FORM_FIELD = re.compile(
    rf"""(name=["']?[\w.-]{{0,40}}(?:{_NAMES})[\w.-]{{0,40}}["']?\s{{1,5}}value=["']?)[^"'\s>]+""", re.IGNORECASE
)
_MIN_SECRET = 6  # characters; a shorter word is never taken for a secret
_WORD = re.compile(rf"[^\s\"'<>,;(){{}}\[\]]{{{_MIN_SECRET},}}")
_DOTTED = re.compile(r"[\w.-]{8,}+")
_JWT_START = re.compile(r"\beyJ(?=[\w-])")


def masked(text: str, requested: Iterable[str] = ()) -> str:
    """Return a text, mostly JSON, with its secrets masked.

    The environment's redactor cannot know these secrets, for example the token of a session that was just opened.
    `requested` are the names of the fields that the caller reads. If one of them is a secret, the answer may carry that
    secret under another name. Then only sentences are shown, and in them no word that could be a secret.
    """
    suspicious = any(map(is_secret_name, requested))
    try:
        data = read_json(text)
    except ValueError:
        return _mask_words(_mask_text(text)) if suspicious else _mask_text(text)
    hidden = masked_json(data)
    hidden = _sentences_only(hidden) if suspicious else hidden
    return text if hidden == data else json.dumps(hidden, ensure_ascii=False)


def masked_json(data: Any) -> Any:
    """Return JSON with its secrets masked, in the same shape."""
    if isinstance(data, str):
        return _mask_text(data)
    if isinstance(data, list):
        return [masked_json(item) for item in data]
    if isinstance(data, dict):
        labels = {str(data.get(name)) for name in ("name", "key")}  # {"name": "token", "value": "..."}
        secret = {"value"} if any(map(is_secret_name, labels)) else set()
        return {
            name: _mask_all(item) if name in secret or is_secret_name(name) else masked_json(item)
            for name, item in data.items()
        }
    return data


def is_secret_name(name: str) -> bool:
    """Whether a field's name, or any part of a path like "a.b", says that it holds a secret."""
    return any(_is_secret(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", part)) for part in name.split("."))


def _is_secret(words: list[str]) -> bool:
    lower = [word.lower() for word in words]
    name = " ".join(lower)
    last = {name.rpartition(" ")[2], " ".join(lower[-2:])}
    return bool(_ANY_WORD.intersection(lower) or _LAST_WORDS & last or name in _WHOLE_NAME)


def _sentences_only(data: Any) -> Any:
    if isinstance(data, list):
        return [_sentences_only(item) for item in data]
    if isinstance(data, dict):
        return {name: _sentences_only(item) for name, item in data.items()}
    if isinstance(data, str):
        return _mask_words(data) if " " in data.strip() else HIDDEN if len(data) >= _MIN_SECRET else data
    return data


def _mask_words(text: str) -> str:
    return _WORD.sub(lambda word: HIDDEN if any(map(str.isdigit, word[0])) else word[0], text)


def _mask_all(data: Any) -> Any:
    if isinstance(data, list):
        return [_mask_all(item) for item in data]
    if isinstance(data, dict):
        return {name: _mask_all(item) for name, item in data.items()}
    return data if data is None or isinstance(data, bool) or data == "" else HIDDEN


def _mask_text(text: str) -> str:
    for pattern in (_HEADER, _BEARER, _FORM_FIELD):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return _DOTTED.sub(_mask_jwt, _PAIR.sub(_mask_pair, text))


def _mask_jwt(word: re.Match[str]) -> str:
    """A word, masked from the start of a JWT on, which is a part that begins with eyJ, a dot, and another part."""
    parts = word[0].split(".")
    at = 0
    for part, following in pairwise(parts):
        if following and (start := _JWT_START.search(part)):
            return word[0][: at + start.start()] + HIDDEN
        at += len(part) + 1
    return word[0]


def _mask_pair(pair: re.Match[str]) -> str:
    quote = next((mark for mark in ('\\"', '"', "'") if pair[2].startswith(mark)), "")
    return f"{pair[1]}{quote}{HIDDEN}{quote}"

"""Masking: takes what is a secret by its name or its shape out of an answer, before any of it is shown or written down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "•••"
_NAMES = r"token|jwt|session|passw|pwd|secret(?!ar)|authorization|cookie|api[_-]?key|private[_-]?key|credential|\b(?:sid|csrf|otp)\b"
# of a field's name: anywhere in it, as its last word (a count of tokens is none), or all of it
_ANYWHERE = {
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
_LAST = {
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
_WHOLE = {"access", "refresh", "bearer", "tokens"}
# each begins with a fixed word and has bounds, because the texts are long and are not ours
_HEADER = re.compile(r"((?:cookie|authorization)\s{0,5}:\s{0,5})[^\"'\r\n<]+", re.IGNORECASE)
_PAIR = re.compile(
    rf"""((?:{_NAMES})[\w.-]{{0,40}}\\?["']?\s{{0,5}}[:=]\s{{0,5}})(\\"[^"\\]*(?:\\")?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&"'<>{{}}\[\]]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(\b(?:bearer|basic)\s{1,5})(?=\S{0,200}\d)[\w.~+/=-]{8,}", re.IGNORECASE)
_FORM = re.compile(
    rf"""(name=["']?[\w.-]{{0,40}}(?:{_NAMES})[\w.-]{{0,40}}["']?\s{{1,5}}value=["']?)[^"'\s>]+""", re.IGNORECASE
)
_SHORTEST = 6  # characters of a secret
_WORD = re.compile(rf"[^\s\"'<>,;(){{}}\[\]]{{{_SHORTEST},}}")
_JWT = re.compile(r"\beyJ[\w-]{1,4000}\.[\w-]{1,8000}(?:\.[\w-]{0,8000}){0,4}")


def masked(text: str, asked: Iterable[str] = ()) -> str:
    """A text, mostly JSON, without secrets: those that the redactor of the environment cannot know, like a new session's.

    Where a secret is what was `asked` for (names of fields), it may have come under another name: of all values only sentences
    are shown, and in them no word that could be one.
    """
    wholly = any(map(names_a_secret, asked))
    try:
        data = json.loads(text)
    except ValueError:
        return _wary(_plain(text)) if wholly else _plain(text)
    hidden = masked_json(data)
    hidden = _only_sentences(hidden) if wholly else hidden
    return text if hidden == data else json.dumps(hidden, ensure_ascii=False)


def masked_json(data: Any) -> Any:
    """JSON without secrets, in the same shape."""
    if isinstance(data, str):
        return _plain(data)
    if isinstance(data, list):
        return [masked_json(one) for one in data]
    if isinstance(data, dict):
        told = {str(data.get(one)) for one in ("name", "key")}  # a pair of name and value
        secret = {"value"} if any(map(names_a_secret, told)) else set()
        return {
            name: _hidden(one) if name in secret or names_a_secret(name) else masked_json(one)
            for name, one in data.items()
        }
    return data


def names_a_secret(name: str) -> bool:
    """Whether a field's name (or any part of "a.b") says that it holds a secret."""
    return any(_secret(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", part)) for part in name.split("."))


def _secret(words: list[str]) -> bool:
    low = [word.lower() for word in words]
    whole = " ".join(low)
    ends = {whole.rpartition(" ")[2], " ".join(low[-2:])}
    return bool(_ANYWHERE.intersection(low) or _LAST & ends or whole in _WHOLE)


def _only_sentences(data: Any) -> Any:
    if isinstance(data, list):
        return [_only_sentences(one) for one in data]
    if isinstance(data, dict):
        return {name: _only_sentences(one) for name, one in data.items()}
    if isinstance(data, str):
        return _wary(data) if " " in data.strip() else HIDDEN if len(data) >= _SHORTEST else data
    return data


def _wary(text: str) -> str:
    return _WORD.sub(lambda word: HIDDEN if any(map(str.isdigit, word[0])) else word[0], text)


def _hidden(data: Any) -> Any:
    if isinstance(data, list):
        return [_hidden(one) for one in data]
    if isinstance(data, dict):
        return {name: _hidden(one) for name, one in data.items()}
    return data if data is None or isinstance(data, bool) or data == "" else HIDDEN


def _plain(text: str) -> str:
    for pattern in (_HEADER, _BEARER, _FORM):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return _JWT.sub(HIDDEN, _PAIR.sub(_pair, text))


def _pair(found: re.Match[str]) -> str:
    quote = next((one for one in ('\\"', '"', "'") if found[2].startswith(one)), "")
    return f"{found[1]}{quote}{HIDDEN}{quote}"

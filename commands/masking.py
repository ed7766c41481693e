"""Masking: takes what is a secret by its name or its shape out of an answer, before any of it is shown or written down."""

from __future__ import annotations

import json
import re
from typing import Any

HIDDEN = "•••"
_NAMES = r"token|jwt|session|passw|pwd|secret|authorization|cookie|api[_-]?key|private[_-]?key|credential"
_NAMED = re.compile(_NAMES, re.IGNORECASE)
# each begins with a fixed word and has bounds, because the texts are long and are not ours
_HEADER = re.compile(r"((?:cookie|authorization)\s{0,5}:\s{0,5})[^\"'\r\n<]+", re.IGNORECASE)
_PAIR = re.compile(
    rf"""((?:{_NAMES})[\w.-]{{0,40}}["']?\s{{0,5}}[:=]\s{{0,5}})("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&"'<>{{}}\[\]]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(\b(?:bearer|basic)\s{1,5})(?=\S{0,200}\d)[\w.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*")


def masked(text: str) -> str:
    """A text, mostly JSON, without secrets: those that the redactor of the environment cannot know, like a new session's."""
    try:
        data = json.loads(text)
    except ValueError:
        return _plain(text)
    hidden = masked_json(data)
    return text if hidden == data else json.dumps(hidden, ensure_ascii=False)


def masked_json(data: Any) -> Any:
    """JSON without secrets, in the same shape."""
    if isinstance(data, str):
        return _plain(data)
    if isinstance(data, list):
        return [masked_json(one) for one in data]
    if isinstance(data, dict):
        return {name: _hidden(one) if names_a_secret(name) else masked_json(one) for name, one in data.items()}
    return data


def names_a_secret(name: str) -> bool:
    """Whether a field's name (or any part of "a.b") says that it holds a secret."""
    return _NAMED.search(name) is not None


def _hidden(data: Any) -> Any:
    if isinstance(data, list):
        return [_hidden(one) for one in data]
    if isinstance(data, dict):
        return {name: _hidden(one) for name, one in data.items()}
    return data if data is None or isinstance(data, bool) or data == "" else HIDDEN


def _plain(text: str) -> str:
    for pattern in (_HEADER, _BEARER):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return _JWT.sub(HIDDEN, _PAIR.sub(_pair, text))


def _pair(found: re.Match[str]) -> str:
    quote = found[2][0] if found[2][0] in "\"'" else ""
    return f"{found[1]}{quote}{HIDDEN}{quote}"

"""What an HTTP answer must be: JSON, a list, an object or a web page, and what its fields must hold."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from commands.ports.web import HttpResponse
from commands.text.redaction import HIDDEN, masked_json

Shape = Literal["json", "list", "object", "page"]
SHAPES: dict[str, str] = {"json": "JSON", "list": "a JSON list", "object": "a JSON object", "page": "an HTML page"}
_TYPES: dict[str, type] = {"list": list, "object": dict}
_PAGE = re.compile(r"\s*(?:<!--.{0,1000}?-->\s*)*<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_API = re.compile(r"(?:^|/)api(?:/|\?|$)")


def is_api(path: str) -> bool:
    """Whether a path is that of an API by its name, so that a web page there is never its answer."""
    return _API.search(path) is not None


def wrong_shape(answer: HttpResponse, shape: Shape) -> str:
    """What is wrong with the shape of an answer, as a sentence; nothing where it is as it must be."""
    page = is_page(answer)
    if shape == "page":
        return "" if page else "The answer is not an HTML page."
    try:
        data = answer.json()
    except ValueError:
        return f"The answer is {'a web page' if page else 'not JSON'} instead of {SHAPES[shape]}."
    return "" if isinstance(data, _TYPES.get(shape, object)) else f"The answer is not {SHAPES[shape]}."


def is_page(answer: HttpResponse) -> bool:
    """Whether an answer is a web page, which is what a log-in, a proxy or a single-page application shows for anything."""
    return _PAGE.match(answer.text.lstrip("\ufeff")) is not None


def wrong_fields(data: Any, wanted: Mapping[str, Any]) -> list[str]:
    """A sentence for each field of JSON that is not as wanted, without secrets."""
    shown = masked_json(data)
    return [
        f"{path} is {field(shown, path)!r} instead of {value!r}."
        for path, value in wanted.items()
        if not _fits(field(data, path), value)
    ]


def hidden(data: Any, path: str) -> bool:
    """Whether a field holds what looks like a secret."""
    return HIDDEN in str(field(masked_json(data), path))


def field(data: Any, path: str) -> Any:
    """The field "a.b" of JSON, or None."""
    for part in path.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _fits(found: Any, wanted: Any) -> bool:
    if wanted == "<any>":
        return found is not None
    if wanted == "<text>":
        return isinstance(found, str) and found.strip() != ""
    if wanted == "<number>":
        return isinstance(found, int | float) and not isinstance(found, bool) and abs(found) != math.inf
    return bool(found == wanted)

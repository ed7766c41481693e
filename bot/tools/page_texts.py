"""Texts of the page as they are sent: names and values put in once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from commands.ports.page_text import SQL_PLACEHOLDER, PageText, Text
from state.errors import BadSettings, BadValue

_VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def resolve(text: Text, environ: Mapping[str, str]) -> str:
    """A text with its names and values. Raises BadSettings for a name that is not in `environ`."""
    return text if isinstance(text, str) else text.render(_variable(environ))


def variable_of(text: Text) -> str:
    """The variable that a text of the page is, as `$NAME`; empty for any other text."""
    return text.text if isinstance(text, PageText) and _VARIABLE.fullmatch(text.text) else ""


def url_path(text: Text, environ: Mapping[str, str]) -> str:
    """The path and query of a request, with one / at its start. A value cannot leave its segment or its parameter.

    Raises BadSettings, and BadValue for a value that would be a folder `..`, or has a control character.
    """
    path = text
    if isinstance(text, PageText):
        path = text.render(_variable(environ), _url_part)
        segments = re.split("[?#]", path, maxsplit=1)[0].split("/")
        if text.values and {".", ".."} & set(map(unquote, segments)) - set(text.text.split("/")):
            raise BadValue(f"A value in the path {text.text} is a folder . or .., so the request was not sent.")
    return "/" + str(path).removeprefix("/")


def header(name: str, text: Text, environ: Mapping[str, str]) -> str:
    """The value of a header. Raises BadSettings, and BadValue for a character that no header may have."""
    value = resolve(text, environ)
    if _CONTROL.search(value) or not value.isascii():
        what = f"{name} ({text.text})" if isinstance(text, PageText) else name
        raise BadValue(
            f"The header {what} would have a line end, a control character or a letter outside ASCII, "
            "so the request was not sent."
        )
    return value


def json_body(data: Any, environ: Mapping[str, str]) -> Any:
    """JSON with every `PageText` in it as a string. Raises BadSettings, and BadValue for what JSON cannot hold."""
    if isinstance(data, PageText):
        return encodable(resolve(data, environ), f"A value in the JSON text {data.text!r}")
    if isinstance(data, list):
        return [json_body(item, environ) for item in data]
    if isinstance(data, dict):
        return {key: json_body(item, environ) for key, item in data.items()}
    return data


def sql_parameters(text: Text) -> tuple[str, list[str]]:
    """A query with `$1`, `$2` … at its values, and the values. A `$NAME` in SQL is not resolved: it quotes texts there.

    Unknown names stay as they are. Raises BadValue for a value that a database cannot hold.
    """
    if isinstance(text, str):
        return text, []
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in text.values:
            return match[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    query = SQL_PLACEHOLDER.sub(place, text.text)
    return query, [encodable(text.values[name], f"<{name}>") for name in names]


def encodable(value: str, what: str) -> str:
    """The value. Raises BadValue if it has a zero byte or half a character, which nothing can take over."""
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadValue(f"{what} has a zero byte or half a character, so it was not sent.")
    return value


def _variable(environ: Mapping[str, str]) -> Callable[[str], str]:
    def value(name: str) -> str:
        if not environ.get(name):
            raise BadSettings(f"{name} is not set in the bot's environment.")
        return environ[name]

    return value


def _url_part(value: str) -> str:
    return quote(encodable(_printable(value), "A value in a path"), safe="")


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise BadValue("A value in a path has a control character, so the request was not sent.")
    return value

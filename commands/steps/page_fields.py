"""What a `$NAME` is in each field of a page: a variable of the bot, a shell's own, or a mistake.

It is a mistake unless the field's type says otherwise, so that no `$NAME` is ever compared or shown as these letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from commands.text.field_words import Form
from commands.text.page_rules import for_authors

_NAME = re.compile(r"\$[A-Z][A-Z0-9_]*")
_ADDRESS = re.compile(r"[a-z]+://", re.IGNORECASE)
_NOT_A_QUOTE = re.compile(rf"{_NAME.pattern}(?![A-Za-z0-9_]*\$)")  # SQL's `$TAG$` quotes a text


class Dollar(Enum):
    """What a `$NAME` is in a field; the mark stands in the field's type."""

    VARIABLE = "put in where the text is sent, so the field is only ever handed to a tool as a `PageText`"
    SHELL = "a variable of the shell that runs the text"
    SQL = "a mistake, but `$TAG$` quotes a text"
    NAMED = "a variable that is named and not put in, for a drill"


def env_name(value: str) -> str:
    """The name of a variable, as it is. Raises ValueError, for the page's author, if it is none."""
    if not re.fullmatch(_NAME, value):
        raise ValueError(f'{value!r} must be the name of an environment variable, written "$NAME"')
    return value


def _http_method(value: str) -> str:
    if for_authors() and value not in HTTP_METHODS:
        raise ValueError(f"{value!r} is no method of HTTP; write one of {', '.join(HTTP_METHODS)}")
    return value


def _web_path(value: str) -> str:
    if for_authors() and (found := _ADDRESS.match(value)):
        raise ValueError(f"{value!r} begins with {found[0]}; write what stands behind the place's own address, like /")
    return value


HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HttpMethod = Annotated[str, AfterValidator(_http_method), Form("HTTP method", f"^({'|'.join(HTTP_METHODS)})$")]
EnvName = Annotated[str, AfterValidator(env_name), Dollar.VARIABLE, Form("variable", r"^\$[A-Z][A-Z0-9_]*$")]
VariableText = Annotated[str, Dollar.VARIABLE, Form("text with $NAME")]
WebPath = Annotated[str, AfterValidator(_web_path), Dollar.VARIABLE, Form("text with $NAME")]
VariableTexts = Annotated[dict[str, str], Dollar.VARIABLE]
# a table with any names, which some language servers want to be told
VariableJson = Annotated[Any, Dollar.VARIABLE, WithJsonSchema({"additionalProperties": True})]
ShellText = Annotated[str, Dollar.SHELL, Form("command")]
SqlText = Annotated[str, Dollar.SQL, Form("SQL")]


def dollar_in(field: FieldInfo) -> Dollar | None:
    """What a `$NAME` is in a field; None for a mistake."""
    return next(
        (mark for mark in (*field.metadata, *annotation_parts(field.annotation)) if isinstance(mark, Dollar)), None
    )


def refuse_variables(value: object, dollar: Dollar | None) -> None:
    """Raise ValueError, for the page's author, if a field's value has a `$NAME` that nothing would put in."""
    texts = (
        ()
        if dollar in {Dollar.SHELL, Dollar.NAMED} or not for_authors()
        else _keys(value)
        if dollar is Dollar.VARIABLE
        else _texts(value)
    )
    name = next(filter(None, map((_NOT_A_QUOTE if dollar is Dollar.SQL else _NAME).search, texts)), None)
    if name:
        raise ValueError(
            f"{name[0]} would stay as these letters: a variable is put in only where the text is sent (a path, a "
            "header, a body, env, an address, a folder); write the text itself"
        )


def variables_in(box: BaseModel) -> Iterator[str]:
    """The variables that a box puts in, with their `$`, in the order of its fields. A command's own are the shell's."""
    for name, field in type(box).model_fields.items():
        value = getattr(box, name)
        for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                yield from variables_in(part)
        if dollar_in(field) is Dollar.VARIABLE:
            yield from (found for text in _texts(value) for found in _NAME.findall(text))


def annotation_parts(annotation: object) -> Iterator[object]:
    """The annotation and everything that it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from annotation_parts(part)


def _texts(value: object) -> Iterator[str]:
    """Every text in a value of TOML, with the keys of its tables; not those in a box, which has fields of its own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _keys(value)
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _keys(value: object) -> Iterator[str]:
    """The keys of a value's tables: they are sent as they are."""
    if isinstance(value, Mapping):
        yield from map(str, value)
    if isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _keys(item)

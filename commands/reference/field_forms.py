"""What may be written in a field, in words: "whole number (lines), at least 1"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from commands.text.field_words import Form, Short

_PLAIN: Mapping[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    timedelta: "duration",
    Any: "any value",
}


def form_of(field: FieldInfo) -> str:
    """What may be written in a field, with the unit and the bounds of a number."""
    unit = unit_of(field)
    words = _words(field.annotation, field.metadata)
    return ", ".join([f"{words} ({unit})" if unit else words, *_bounds(field.metadata)])


def unit_of(field: FieldInfo) -> str:
    """The unit of its numbers; empty if it says none."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, Mapping) else ""


def takes_number(field: FieldInfo) -> bool:
    """Whether numbers may be written in it, so that it needs a unit."""
    return bool({int, float} & set(_types(field.annotation)))


def parts_of(field: FieldInfo) -> tuple[type[BaseModel], ...]:
    """The tables with fields of their own that it may hold, one or several of each; empty if it holds plain values."""
    return tuple(one for one in _types(field.annotation) if isinstance(one, type) and issubclass(one, BaseModel))


def choices_of(field: FieldInfo) -> tuple[Any, ...]:
    """What it may be, if that can be listed."""
    kinds = [one for one in _parts(field.annotation) if one is not NoneType]
    if kinds == [bool]:
        return (True, False)
    return get_args(kinds[0]) if len(kinds) == 1 and get_origin(kinds[0]) is Literal else ()


def _words(annotation: Any, marks: list[Any]) -> str:
    forms = [mark.words for mark in marks if isinstance(mark, Form)]
    if forms:
        return forms[-1]
    words = _of_type(annotation)
    if Short.TEXT in marks:
        return f"text or {words}"
    return f"table or {words}" if Short.ONE in marks else words


def _of_type(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(parts[0], list(parts[1:]))
    if origin is Literal:
        return " or ".join(f'"{one}"' for one in parts)
    if origin in {Union, UnionType}:
        return " or ".join(_of_type(part) for part in parts if part is not NoneType)
    if origin in {list, dict}:
        return f"list of {_many(_of_type(parts[0]))}" if origin is list else f"table (name = {_of_type(parts[1])})"
    is_box = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return "table" if is_box else _PLAIN[annotation]


def _many(words: str) -> str:
    plain = words.replace(" ", "").isalpha() and words.islower() and not words.endswith("s")
    return f"{words}s" if plain else words


def _bounds(marks: list[Any]) -> Iterator[str]:
    for mark in marks:
        if isinstance(mark, Ge):
            yield f"at least {mark.ge}"
        elif isinstance(mark, Gt):
            yield f"above {mark.gt}"
        elif isinstance(mark, Le):
            yield f"at most {mark.le}"


def _parts(annotation: Any) -> Iterator[Any]:
    """The types of which a field may be one."""
    if get_origin(annotation) is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


def _types(annotation: Any) -> Iterator[Any]:
    """Every type in a field's own, those in lists and tables too; of a literal none."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _types(part)

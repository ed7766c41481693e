"""Turns the fields of a box into its type, and says what is wrong with each field."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from commands.runbook.markdown import Box, path_in_words
from commands.runbook.mistakes import Mistakes
from commands.steps.page_fields import annotation_parts

Model = TypeVar("Model", bound=BaseModel)


def read_box(box: Box, where: str, model: type[Model], mistakes: Mistakes, wrap: str = "") -> Model | None:
    """The box as `model`; with `wrap` its fields are those of that one field. Notes every wrong field.

    A flawed box is returned without its wrong fields, so that the others can be checked further: None if it cannot do
    without them.
    """
    fields: dict[str, Any] = {wrap: box.fields} if wrap else box.fields
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        rest = copy.deepcopy(fields)
        for path, why in _wrong_fields(error, fields, model):
            shown = tuple(part for part in path if part != wrap)
            what = f"{path_in_words(shown) or box.kind}: {why}"
            mistakes.add(box.line_of(shown), where, what, value=_value_at(fields, path))
            _remove(rest, path)
    try:
        return model.model_validate(rest)
    except ValidationError:
        return None


_Path = tuple[str | int, ...]
# errors whose path ends with the field itself, also if the author did not write it
_OF_A_FIELD = frozenset({"missing", "value_error"})


def _wrong_fields(
    error: ValidationError, fields: dict[str, Any], model: type[BaseModel]
) -> Iterator[tuple[_Path, str]]:
    """Each wrong field once, with what is wrong with it."""
    seen: set[_Path] = set()
    # a misspelt field causes two errors, for the unknown and for the missing field: the unknown one helps more
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    for detail in details:
        path = detail["loc"]
        if detail["type"] not in _OF_A_FIELD:
            path = _written(path, fields)
        if path in seen:
            continue
        seen.add(path)
        hint = ""
        if detail["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(path[-1]), _fields_at(model, path[:-1]), 1)
            hint = f'; did you mean "{near[0]}"?' if near else "; remove it"
            seen |= {(*path[:-1], name) for name in near}
        elif detail["type"] == "missing" and len(path) == 1:
            hint = _like(str(path[0]), model)
        yield path, f"{_sentence(detail)}{hint}"


def _fields_at(model: type[BaseModel], path: _Path) -> list[str]:
    """The fields of the table to which a path leads; the path also has keys of tables, indexes and names of types."""
    models = [model]
    for part in path:
        fields = [one.model_fields[part] for one in models if part in one.model_fields]
        inner = [part for field in fields for part in annotation_parts(field.annotation)]
        models = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)] or models
    return [name for one in models for name in one.model_fields]


def _like(name: str, model: type[BaseModel]) -> str:
    """An example of a field, as a clause; empty for one without, or with a table, which JSON writes in another way."""
    field = model.model_fields.get(name)
    example = next(iter(field.examples or ()), None) if field else None
    shown = json.dumps(example, ensure_ascii=False)
    return "" if example is None or "{" in shown else f", like {name} = {shown}"


def _written(path: _Path, fields: Any) -> _Path:
    """The part of a path that leads to what the author wrote; behind it come names of the types that were tried."""
    for depth, part in enumerate(path):
        try:
            fields = fields[part]
        except (KeyError, IndexError, TypeError):
            return path[:depth]
    return path


def _value_at(fields: Any, path: _Path) -> Any:
    """What the author wrote there; None if nothing."""
    written = _written(path, fields)
    if not path or written != path:
        return None
    for part in path:
        fields = fields[part]
    return fields


def _remove(fields: Any, path: _Path) -> None:
    for part in path[:-1]:
        try:
            fields = fields[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(fields, dict) and path:
        fields.pop(path[-1], None)


_SENTENCES: dict[str, Callable[[Any], str]] = {
    "missing": lambda _: "is missing; add it",
    "extra_forbidden": lambda _: "is not a field of this box",
    "too_short": lambda error: f"needs at least {error['ctx']['min_length']} entry; add one",
    "int_type": lambda error: f"must be a whole number, not {error['input']!r}",
    "float_type": lambda error: f"must be a number, not {error['input']!r}",
    "string_type": lambda error: f"must be a text in quotes, not {error['input']!r}",
    "bool_type": lambda error: f"must be true or false, not {error['input']!r}",
    "list_type": lambda error: f"must be a list in square brackets, not {error['input']!r}",
    "dict_type": lambda error: f"must be a table in curly brackets, like {{ name = 1 }}, not {error['input']!r}",
    "model_type": lambda error: f"must be a table in curly brackets, like {{ name = 1 }}, not {error['input']!r}",
    "literal_error": lambda error: f"must be {error['ctx']['expected']}, not {error['input']!r}",
    "value_error": lambda error: str(error["ctx"]["error"]),
}


def _sentence(error: Any) -> str:
    if sentence := _SENTENCES.get(error["type"]):
        return sentence(error)
    message = str(error["msg"])
    return f"{message[0].lower()}{message[1:]}, not {error['input']!r}"

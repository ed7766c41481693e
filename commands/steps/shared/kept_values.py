"""The values that a step keeps from a JSON answer, as the page declares them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from commands.steps.base import Strict
from commands.steps.value_types import ValueType, misfit
from commands.systems.http_answers import field
from commands.text.field_words import Short
from commands.text.redaction import HIDDEN
from state.errors import BadValue


class KeptField(Strict):
    """A field, and what its value must be. In its place the box may have the field's name alone, for a word."""

    field: str = Field(description="The field of the JSON (`a.b` if nested).", examples=["id"])
    type: Literal["number", "commit", "word", "text"] = Field(
        default="word",
        description=(
            "What the value must be: a word of at most 200 plain characters, a number, a commit, or one "
            "printable line of text."
        ),
    )


def _kept_field(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


Kept = Annotated[KeptField, BeforeValidator(_kept_field), Short.TEXT]


def kept_types(kept: Mapping[str, KeptField]) -> dict[str, ValueType]:
    """The types of the values, by name."""
    return {name: ValueType(one.type) for name, one in kept.items()}


def keep(kept: Mapping[str, KeptField], data: Any, source: str) -> dict[str, str]:
    """The values, from the JSON of `source`. Raises BadValue for one that holds a secret or does not fit its type."""
    values = {name: as_text(field(data, one.field)) for name, one in kept.items()}
    for name, one in kept.items():
        where = f"field `{one.field}` of {source}"
        if HIDDEN in values[name]:
            raise BadValue(f"<{name}> ({where}) is not kept, because a secret stands there.")
        if why := misfit(name, values[name], ValueType(one.type), where):
            raise BadValue(why)
    return values


def as_text(value: Any) -> str:
    """A text, a number, true or false, as text; empty, which fits no type, for anything else."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else ""

"""What a step takes from a command's output: values for later steps, and a number to judge."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from commands.steps.base import Strict
from commands.steps.shared.kept_values import as_text
from commands.steps.value_types import ValueType, misfit
from commands.systems.http_answers import field, holds_secret
from commands.text.field_words import Form
from commands.text.foreign_json import read_json
from commands.text.page_pattern import LONGEST_LINE, check_pattern
from commands.text.redaction import HIDDEN, is_secret_name, masked
from commands.text.terminal_codes import without_terminal_codes
from state.errors import BadValue

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# two repeats without a limit, and a few choices: an output has hundreds of lines
_MOST_WAYS = 4 * LONGEST_LINE**2


class FromOutput(Strict):
    """Where it stands in the output of a command; either `json` or `pattern` is needed."""

    json_field: str = Field(
        default="",
        alias="json",
        description="The field of the output's JSON (`a.b` if nested).",
        examples=["spec.image"],
    )
    pattern: Annotated[str, AfterValidator(partial(check_pattern, most=_MOST_WAYS)), Form("regular expression")] = (
        Field(
            default="",
            description=(
                "A regular expression with one group, `( )`, around the value. It sees the first 300 "
                "characters of each line."
            ),
            examples=["image: (.*)"],
        )
    )

    @model_validator(mode="after")
    def _says_one_place(self) -> Self:
        if bool(self.json_field) == bool(self.pattern):
            raise ValueError('needs either json = "a.b" or pattern = "…(…)…"')
        if self.pattern and re.compile(self.pattern).groups != 1:
            raise ValueError(
                f"{self.pattern!r} must have exactly one group, ( ), around the value; use (?: ) for others"
            )
        if is_secret_name(self.json_field):
            raise ValueError(f'"{self.json_field}" is a secret by its name, but values are stored and shown')
        return self

    def __str__(self) -> str:
        return f"field `{self.json_field}`" if self.json_field else f"what `{self.pattern}` finds"

    def find(self, output: str) -> Any:
        """What stands there: any JSON, or a text. Raises BadValue, whose message is the end of a sentence."""
        plain = without_terminal_codes(output)
        found = self._in_json(plain) if self.json_field else self._by_pattern(plain)
        if HIDDEN in as_text(found):
            raise BadValue("is not kept, because a secret stands there.")
        return found

    def _in_json(self, output: str) -> Any:
        try:
            data = read_json(output)
        except ValueError:
            raise BadValue(
                "was not found: the last command's output is not JSON (what it prints as an error counts as well)."
            ) from None
        if (found := field(data, self.json_field)) is None:
            raise BadValue(f"was not found: the JSON of the last command has no field `{self.json_field}`.")
        if holds_secret(data, self.json_field):
            raise BadValue("is not kept, because it looks like a secret.")
        return found

    def _by_pattern(self, output: str) -> str:
        found: set[str] = set()
        for line in output.splitlines():
            matches = list(re.finditer(self.pattern, line[:LONGEST_LINE]))
            if any(match.end() == LONGEST_LINE < len(line) for match in matches):
                raise BadValue(f"stands in a line of more than {LONGEST_LINE} characters, which is not read further.")
            texts = {match[1] for match in matches if match[1]}
            if texts and not all(map(masked(line).__contains__, texts)):
                raise BadValue("is not kept, because it looks like a secret.")
            found |= texts
        if len(found) > 1:
            raise BadValue(
                f"is not known: `{self.pattern}` finds {len(found)} different texts in the last command's output."
            )
        if not found:
            raise BadValue(f"was not found: no line of the last command's output matches `{self.pattern}`.")
        return found.pop()


class KeptOutput(FromOutput):
    """A value for later steps: where it stands in the command's output (`json` or `pattern`), and what it must be."""

    type: Literal["number", "commit", "word", "text"] = Field(
        default="word",
        description=(
            "What the value must be: a word of at most 200 plain characters, a number, a commit, or one "
            "printable line of text."
        ),
    )


def output_types(kept: Mapping[str, KeptOutput]) -> dict[str, ValueType]:
    """The types of the values, by name."""
    return {name: ValueType(one.type) for name, one in kept.items()}


def keep_from_output(kept: Mapping[str, KeptOutput], output: str) -> dict[str, str]:
    """The values in an output. Raises BadValue for the first that is not there or does not fit its type."""
    values: dict[str, str] = {}
    for name, one in kept.items():
        try:
            values[name] = as_text(one.find(output))
        except BadValue as error:
            raise BadValue(f"<{name}> {error}") from None
        if why := misfit(name, values[name], ValueType(one.type), str(one)):
            raise BadValue(why)
    return values


def number_from_output(place: FromOutput, output: str) -> float:
    """The number in an output. Raises BadValue if there is none, or if it is infinite."""
    try:
        found = place.find(output)
    except BadValue as error:
        raise BadValue(f"the number {error}") from None
    text = as_text(found)
    number = float(text) if len(text) <= 400 and _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise BadValue(f"{place} is not a number.")
    return number

"""The form of a field's text, in words for the page's author, and as a pattern for editors."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from state.frozen import dataclass


@dataclass(frozen=True)
class Form:
    """Stands in a field's type where not every text is right.

    `words` name the form ("duration"). `pattern` is a regular expression that every right text matches; without it,
    editors take any text.
    """

    words: str
    pattern: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", **({"pattern": self.pattern} if self.pattern else {})}


class Short(Enum):
    """Stands in a field's type where a box may write it shorter."""

    TEXT = "a text alone in place of the table"
    ONE = "one table in place of a list"

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        full = handler(schema)
        return {"anyOf": [full, {"type": "string"} if self is Short.TEXT else full["items"]]}

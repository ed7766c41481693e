"""The small part of JSON schema that the boxes use, checked as an editor does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}
KNOWN = {
    *("$schema", "title", "description", "examples", "default", "unit", "definitions", "$ref", "anyOf", "type"),
    *("enum", "const", "pattern", "properties", "required", "additionalProperties", "items", "minItems", "maxLength"),
    *("minLength", "minProperties", "minimum", "maximum", "exclusiveMinimum"),
}


def errors(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str = "") -> list[str]:
    """What is wrong with a value, each with its path."""
    assert schema.keys() <= KNOWN, f"{path}: this check does not know {sorted(schema.keys() - KNOWN)}"
    if "$ref" in schema:
        return errors(value, root["definitions"][schema["$ref"].rsplit("/", 1)[1]], root, path)
    if "anyOf" in schema:
        tried = [errors(value, choice, root, path) for choice in schema["anyOf"]]
        return [] if not all(tried) else tried[0]
    return [*_type_errors(value, schema, path), *_inner_errors(value, schema, root, path)]


def _type_errors(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    wanted = schema.get("type")
    if wanted and (not isinstance(value, TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean")):
        yield f"{path}: not {wanted}"
    elif value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{path}: not one of the choices"
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{path}: another pattern"
    elif isinstance(value, int | float) and value < schema.get("minimum", value):
        yield f"{path}: too small"
    elif isinstance(value, list) and len(value) < schema.get("minItems", 0):
        yield f"{path}: too few"


def _inner_errors(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from errors(one, schema.get("items", {}), root, f"{path}[{number}]")
    if isinstance(value, dict):
        yield from (f"{path}.{name}: missing" for name in schema.get("required", ()) if name not in value)
        others = schema.get("additionalProperties", True)
        for name, one in value.items():
            inner = schema.get("properties", {}).get(name, others)
            if inner is False:
                yield f"{path}.{name}: unknown"
            elif inner is not True:
                yield from errors(one, inner, root, f"{path}.{name}")

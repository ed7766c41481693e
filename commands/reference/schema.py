"""The JSON schema of a page's boxes, by which editors complete and check them: `gonogo schema`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter

from commands.reference.boxes import HEAD_BOXES, WHOLE_BOX, require_box
from commands.steps import KINDS
from commands.text.durations import format_duration

_DRAFT = "http://json-schema.org/draft-07/schema#"  # which the language servers of TOML read
_AS_IT_IS = frozenset({"examples", "enum", "const"})
_NULL = {"type": "null"}  # TOML has none


def box_schema(name: str) -> dict[str, Any]:
    """The schema of one box by its name. Raises Refused if there is no such box."""
    require_box(name)
    return {"$schema": _DRAFT, "title": f"toml {name}", **_schema(name, {**KINDS, **HEAD_BOXES}[name])}


def page_schema() -> dict[str, Any]:
    """The schemas of all boxes in one, each as a table of the box's name."""
    boxes = {name: _schema(name, model) for name, model in {**KINDS, **HEAD_BOXES}.items()}
    parts: dict[str, Any] = {}
    for box in boxes.values():
        parts |= box.pop("definitions", {})
    return {
        "$schema": _DRAFT,
        "title": "The boxes of a runbook page",
        "type": "object",
        "additionalProperties": False,
        "properties": boxes,
        "definitions": parts,
    }


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    schema: dict[str, Any] = _for_toml(model.model_json_schema(ref_template="#/definitions/{model}"))
    definitions = schema.pop("$defs", {})
    if whole := WHOLE_BOX.get(name):
        schema = {**schema["properties"][whole], "description": schema["description"]}
    return schema | ({"definitions": definitions} if definitions else {})


def _for_toml(schema: Any) -> Any:
    """Without null, empty defaults and titles that only repeat a name; durations in the page's own form."""
    if isinstance(schema, list):
        return [_for_toml(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: one if name in _AS_IT_IS else _for_toml(one) for name, one in schema.items()}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    if "default" in kept:
        kept |= {"default": _default(kept.pop("default"))}
        kept = {name: one for name, one in kept.items() if name != "default" or one not in (None, "", [], {})}
    choices = [one for one in kept.pop("anyOf", ()) if one != _NULL]
    return kept | (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})


def _default(value: Any) -> Any:
    """A default as the page writes it. A duration comes as ISO 8601, "PT5M"."""
    if not (isinstance(value, str) and value.startswith("PT")):
        return value
    duration = TypeAdapter(timedelta).validate_python(value)
    return format_duration(duration) if duration else None

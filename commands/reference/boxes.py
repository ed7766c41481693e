"""Every box of a page with its fields, as the code describes them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from importlib import resources
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from commands.reference.field_forms import choices_of, form_of, parts_of
from commands.reference.toml_text import toml_lines, toml_value
from commands.runbook.alert_rule import AlertsBox
from commands.runbook.head_boxes import CriteriaBox, DecisionBox, RolesBox, RollbackBox, RunbookBox, WatchBox
from commands.runbook.markdown import read_sections
from commands.runbook.mistakes import Mistakes
from commands.runbook.places import PlacesBox
from commands.steps import KINDS
from commands.steps.base import StepBox, Strict
from commands.steps.undo import Undo
from state.errors import Refused
from state.frozen import dataclass

# the boxes under the page's title and under the headings of its parts
HEAD_BOXES: dict[str, type[Strict]] = {
    "runbook": RunbookBox,
    "places": PlacesBox,
    "roles": RolesBox,
    "watch": WatchBox,
    "alerts": AlertsBox,
    "criteria": CriteriaBox,
    "rollback": RollbackBox,
    "decision": DecisionBox,
}
# the field that is the whole box: its names stand in the box itself
WHOLE_BOX = {"roles": "roles"}
_EXAMPLE_WIDTH = 74  # characters, so that it fits a terminal with its indent
_LONGEST_DEFAULT = 40  # characters; a longer one is named in the field's description


@dataclass(frozen=True, kw_only=True)
class FieldDoc:
    """One field: `form` is what may be written, `default` what counts without it (empty for nothing), as TOML.

    `example` is one line of TOML, `example_lines` are the same in lines that fit a terminal.
    """

    name: str
    form: str
    required: bool
    default: str
    description: str
    example: str
    example_lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PartDoc:
    """A table inside a box: the fields that hold it, and its own fields."""

    names: tuple[str, ...]
    text: str
    fields: tuple[FieldDoc, ...]


@dataclass(frozen=True, kw_only=True)
class BoxDoc:
    """A box: what it does in one sentence, what else to know, and its own fields.

    `example` is a whole box of a page that is read without a mistake. `proves` and what follows is of steps only.
    """

    name: str
    does: str
    notes: tuple[str, ...]
    fields: tuple[FieldDoc, ...]
    parts: tuple[PartDoc, ...]
    example: str
    proves: str = ""
    changes: str = ""
    skip: str = ""
    measures: tuple[str, ...] = ()


def require_box(name: str) -> None:
    """Raise Refused if no box of a page has this name."""
    names = [*KINDS, *HEAD_BOXES]
    if name not in names:
        near = get_close_matches(name, names, 1)
        raise Refused(
            f'There is no kind "{name}"; '
            + (f'did you mean "{near[0]}"?' if near else "`gonogo kinds` lists them all.")
        )


def example_page() -> str:
    """The page that has an example of every box."""
    return (resources.files("commands.reference") / "example.md").read_text(encoding="utf-8")


def head_docs() -> list[BoxDoc]:
    """The boxes that stand under the page's title and under the headings of its parts."""
    examples = _examples()
    return [_box(name, model, _example_of(name, examples)) for name, model in HEAD_BOXES.items()]


def kind_docs() -> list[BoxDoc]:
    """The boxes of steps, by kind."""
    examples = _examples()
    return [kind_doc(kind, _example_of(kind.kind, examples)) for kind in KINDS.values()]


def step_fields() -> tuple[FieldDoc, ...]:
    """The fields of every kind."""
    return _fields(StepBox)


def kind_doc(kind: type[StepBox], example: str) -> BoxDoc:
    """A box of a step."""
    return replace(
        _box(kind.kind, kind, example),
        fields=tuple(_field(name, field) for name, field in _own_fields(kind).items()),
        proves=kind.proves,
        changes=_changes(kind),
        skip=_skip(kind),
        measures=tuple(sorted(kind.measured)),
    )


def _examples() -> dict[str, str]:
    """The first box of each sort on the page of examples, by its name."""
    boxes = [section.box for section in read_sections(example_page(), Mistakes()) if section.box]
    return {box.kind: box.source.rstrip("\n") for box in reversed(boxes)}


def _example_of(name: str, examples: Mapping[str, str]) -> str:
    """The example of a box. Raises LookupError, for who writes a new kind, where the page of examples has none."""
    if name not in examples:
        raise LookupError(f"commands/reference/example.md has no box `toml {name}`: add a step that shows one")
    return examples[name]


def _box(name: str, model: type[BaseModel], example: str) -> BoxDoc:
    does, notes = _texts(model)
    whole = WHOLE_BOX.get(name, "")
    fields = () if whole else _fields(model)
    return BoxDoc(name=name, does=does, notes=notes, fields=fields, parts=_parts_of(model, whole), example=example)


def _texts(model: type[BaseModel]) -> tuple[str, tuple[str, ...]]:
    """The first paragraph of a docstring, and the others, each on one line."""
    first, *others = [" ".join(text.split()) for text in (inspect.getdoc(model) or "").split("\n\n")]
    return first, tuple(others)


def _fields(model: type[BaseModel]) -> tuple[FieldDoc, ...]:
    return tuple(_field(name, field) for name, field in model.model_fields.items())


def _own_fields(kind: type[StepBox]) -> dict[str, FieldInfo]:
    """The fields that not every kind has, or that mean something else in this one."""
    shared = {name: field.description for name, field in StepBox.model_fields.items()}
    return {name: field for name, field in kind.model_fields.items() if shared.get(name) != field.description}


def _field(name: str, field: FieldInfo) -> FieldDoc:
    shown, example = field.alias or name, _example(field)
    return FieldDoc(
        name=shown,
        form=form_of(field),
        required=field.is_required(),
        default=_default(field),
        description=field.description or "",
        example=f"{shown} = {toml_value(example)}",
        example_lines=tuple(toml_lines(shown, example, _EXAMPLE_WIDTH)),
    )


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or (not value and value is not False and not isinstance(value, int | float)):
        return ""
    shown = toml_value(value)
    return shown if len(shown) <= _LONGEST_DEFAULT else ""


def _example(field: FieldInfo) -> Any:
    """The example in the field; without one, the first choice that is not the default."""
    if field.examples:
        return field.examples[0]
    choices = choices_of(field)
    return next((choice for choice in choices if choice != field.default), choices[0] if choices else "")


def _parts_of(model: type[BaseModel], whole: str) -> tuple[PartDoc, ...]:
    """The tables inside a box, each once, with every field that holds it."""
    found: dict[type[BaseModel], list[str]] = {}
    waiting = list(_own(model).items())
    for name, field in waiting:
        path = f"{name}.<name>" if get_origin(field.annotation) is dict else name
        path = path.removeprefix(f"{whole}.")
        for part in parts_of(field):
            if part not in found:
                waiting += [(f"{path}.{inner}", one) for inner, one in part.model_fields.items()]
            found.setdefault(part, []).append(path)
    return tuple(
        PartDoc(names=tuple(names), text=" ".join((_texts(part)[0], *_texts(part)[1])), fields=_fields(part))
        for part, names in found.items()
    )


def _own(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return _own_fields(model) if issubclass(model, StepBox) else model.model_fields


def _changes(kind: type[StepBox]) -> str:
    if kind.changes_production:
        return "yes"
    return "no" if kind.leaves_change is Undo.leaves_change else "depends on its fields"


def _skip(kind: type[StepBox]) -> str:
    if kind.asks_people:
        return "nobody; each role signs or refuses"
    if not kind.may_be_skipped:
        return "nobody"
    second = ", and a second person who agrees" if kind.needs_second_person else ""
    return f"the role in `asks`, or else the deciding role, with a reason{second}"

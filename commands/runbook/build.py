"""Builds a checked Page from headings and boxes: parts, boxes, then all references."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from commands.runbook.alert_rule import AlertsBox
from commands.runbook.markdown import Box, Section, read_sections
from commands.runbook.page import (
    CriteriaBox,
    DecisionBox,
    Page,
    PageStep,
    Part,
    PlacesBox,
    RolesBox,
    RollbackBox,
    RunbookBox,
    WatchBox,
)
from commands.runbook.references import check_references
from commands.runbook.rollback_ends import with_rollback_ends
from commands.steps import KINDS
from commands.text.page_rules import stored_page
from state.errors import BadPage

# part -> the kind of the box that may be directly under its heading
PARTS: dict[str, str] = {
    Part.BEFORE: "",
    Part.DEPLOY: "",
    Part.SMOKE_TESTS: "",
    Part.WATCH: "watch",
    Part.ROLLBACK: "rollback",
    "places": "places",
    "emergency contacts": "roles",
    "alerts": "alerts",
    "success criteria": "criteria",
    "decision": "decision",
}
REQUIRED = ("deploy", "rollback", "emergency contacts", "decision")

Model = TypeVar("Model", bound=BaseModel)


def read_stored_page(text: str, name: str) -> Page:
    """Read the page that a run has stored. Raises BadPage if this version cannot follow it at all."""
    with stored_page():
        return read_page(text, name)


def read_page(text: str, name: str) -> Page:
    """Read and check a page. Raises BadPage for the first mistake, with its line, step and field."""
    sections = read_sections(text)
    if not sections or sections[0].level != 1:
        raise BadPage(1, "", "the page must start with its title; write a heading with one #")
    if second := next((s for s in sections[1:] if s.level == 1), None):
        raise BadPage(second.line, second.title, "a second title; write parts as headings with two #")
    parts = _parts(sections[1:])
    for part in REQUIRED:
        if part not in parts:
            raise BadPage(
                1, sections[0].title, f'the page has no part "## {part.capitalize()}"; every runbook page needs one'
            )
    steps = tuple(step for part in Part for step in _steps(part, parts.get(part, [])))
    _refuse_equal_ids(steps)
    steps = with_rollback_ends(steps)
    page = Page(
        name=name,
        title=_plain(sections[0].title),
        text=text,
        runbook=_required_box(sections[0], "runbook", RunbookBox),
        places=_part_box(parts, "places", PlacesBox) or PlacesBox(),
        roles=_required_box(parts["emergency contacts"][0], "roles", RolesBox, wrap="roles").roles,
        steps=steps,
        watch=_part_box(parts, "watch", WatchBox),
        rollback=_required_box(parts["rollback"][0], "rollback", RollbackBox),
        alerts=tuple(alerts.alert) if (alerts := _part_box(parts, "alerts", AlertsBox)) else (),
        criteria=_part_box(parts, "success criteria", CriteriaBox),
        decision=_required_box(parts["decision"][0], "decision", DecisionBox),
    )
    check_references(page, {part: sections[0].line for part, sections in parts.items()})
    return page


def _plain(title: str) -> str:
    """A title as messages show it, without Markdown's stars and code marks."""
    return title.replace("**", "").replace("`", "").strip()


def slug(title: str) -> str:
    """The id of a heading: its letters, marks and digits of any script, in lower case, joined by dashes."""
    characters = [
        c if unicodedata.category(c) in {"Mn", "Mc"} or c.isalnum() else " "
        for c in unicodedata.normalize("NFC", title)
    ]
    # without what joins emoji, which counts as a mark
    text = "".join(c for c in characters if c not in {"\ufe0f", "\u200d"})
    return "-".join(text.lower().split())


def _part_of(title: str) -> str | None:
    words = slug(title).replace("-", " ")
    return next((part for part in PARTS if words == part or words.startswith(part + " ")), None)


def _near_part(title: str) -> str | None:
    words = slug(title).split("-")
    for part in PARTS:
        start = " ".join(words[: len(part.split())])
        if difflib.SequenceMatcher(None, start, part).ratio() > 0.8:
            return part
    return None


def _parts(sections: list[Section]) -> dict[str, list[Section]]:
    parts: dict[str, list[Section]] = {}
    current = ""
    for section in sections:
        if section.level == 2:
            current = _part_of(section.title) or ""
            if current in parts:
                raise BadPage(
                    section.line, section.title, f'a second part "{current}"; move its steps to the first one'
                )
            if not current and (near := _near_part(section.title)):
                raise BadPage(section.line, section.title, f'is not a part; did you mean "## {near.capitalize()}"?')
        if current:
            parts.setdefault(current, []).append(section)
        elif section.box:
            known = ", ".join(f'"{part.capitalize()}"' for part in PARTS)
            raise BadPage(section.box.line, section.title, f"this box is in no part; move it to one of {known}")
    return parts


def _steps(part: Part, sections: list[Section]) -> list[PageStep]:
    return [
        _step(part, section, section.box)
        for section in sections
        if section.box and (section.level > 2 or section.box.kind != PARTS[part])
    ]


def _step(part: Part, section: Section, box: Box) -> PageStep:
    title = _plain(section.title)
    if box.kind not in KINDS:
        near = difflib.get_close_matches(box.kind, KINDS, 1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; use one of {', '.join(sorted(KINDS))}"
        raise BadPage(box.line, title, f'there is no step kind "{box.kind}"{hint}')
    step = _validated(box, title, KINDS[box.kind])
    step_id = step.id or slug(title)
    if not step_id:
        raise BadPage(section.line, title, 'the heading has no letter or digit for an id; give the box an id = "..."')
    return PageStep(id=step_id, title=title, line=section.line, part=part, box=step)


def _refuse_equal_ids(steps: tuple[PageStep, ...]) -> None:
    by_id: dict[str, PageStep] = {}
    for step in steps:
        if step.id in by_id:
            other = by_id[step.id].line
            what = f'id: the step on line {other} has the same id "{step.id}"; write another one, id = "..."'
            raise BadPage(step.line, step.title, what)
        by_id[step.id] = step


def _part_box(parts: dict[str, list[Section]], part: str, model: type[Model]) -> Model | None:
    if part not in parts:
        return None
    if part not in set(Part) and (extra := next((s for s in parts[part][1:] if s.box), None)):
        raise BadPage(
            extra.line,
            extra.title,
            f'the part "{part.capitalize()}" may have only one box, directly under its heading; remove this one',
        )
    return _required_box(parts[part][0], PARTS[part], model)


def _required_box(section: Section, kind: str, model: type[Model], wrap: str = "") -> Model:
    if not section.box or section.box.kind != kind:
        raise BadPage(section.line, section.title, f"this heading needs a ```toml {kind} box directly under it")
    return _validated(section.box, _plain(section.title), model, wrap)


def _validated(box: Box, where: str, model: type[Model], wrap: str = "") -> Model:
    fields: dict[str, Any] = {wrap: box.fields} if wrap else box.fields
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        # a misspelt field causes two errors, for the unknown and for the missing field: the unknown one helps more
        first = min(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        path = tuple(part for part in first["loc"] if part != wrap)
        names = ".".join(str(part) for part in path) or box.kind
        near = difflib.get_close_matches(str(path[-1]) if path else "", model.model_fields, 1)
        hint = ""
        if first["type"] == "extra_forbidden":
            hint = f'; did you mean "{near[0]}"?' if near else "; remove it"
        raise BadPage(box.line_of(path), where, f"{names}: {_sentence(first)}{hint}") from None


_SENTENCES: dict[str, Callable[[Any], str]] = {
    "missing": lambda _: "is missing; add it",
    "extra_forbidden": lambda _: "is not a field of this box",
    "too_short": lambda error: f"needs at least {error['ctx']['min_length']} entry; add one",
    "int_type": lambda error: f"must be a whole number, not {error['input']!r}",
    "float_type": lambda error: f"must be a number, not {error['input']!r}",
    "string_type": lambda error: f"must be a text in quotes, not {error['input']!r}",
    "bool_type": lambda error: f"must be true or false, not {error['input']!r}",
    "list_type": lambda error: f"must be a list in square brackets, not {error['input']!r}",
    "literal_error": lambda error: f"must be {error['ctx']['expected']}, not {error['input']!r}",
    "value_error": lambda error: str(error["ctx"]["error"]),
}


def _sentence(error: Any) -> str:
    if sentence := _SENTENCES.get(error["type"]):
        return sentence(error)
    message = str(error["msg"])
    return f"{message[0].lower()}{message[1:]}, not {error['input']!r}"

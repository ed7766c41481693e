"""Builds a checked Page from headings and boxes: parts, boxes, then all references."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import Any

from commands.runbook.alert_rule import AlertsBox
from commands.runbook.boxes import Model, read_box
from commands.runbook.groups import with_members
from commands.runbook.head_boxes import CriteriaBox, DecisionBox, RolesBox, RollbackBox, RunbookBox, WatchBox
from commands.runbook.markdown import Box, Section, read_sections
from commands.runbook.mistakes import Mistakes
from commands.runbook.page import Page, PageStep, Part
from commands.runbook.places import PlacesBox
from commands.runbook.references import check_references
from commands.runbook.rollback_ends import with_rollback_ends
from commands.steps import KINDS
from commands.text.page_rules import for_authors, stored_page
from state.errors import BadPage

# a whole line in bold, or one with an escaped mark of a heading
_SHOWN_AS_HEADING = re.compile(r"\s*(\*\*|__|\\#)")
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


def read_stored_page(text: str, name: str) -> Page:
    """Read the page that a run has stored. Raises BadPage if this version cannot follow it at all."""
    with stored_page():
        return read_page(text, name)


def read_page(text: str, name: str) -> Page:
    """Read and check a page. Raises BadPage with every mistake, each with its line, step and field."""
    mistakes = Mistakes()
    page = _read_page(text, name, mistakes)
    mistakes.raise_all()
    return with_members(page)


def read_in_spite(text: str, name: str) -> Page | None:
    """A page although it has mistakes, to look at and not to run; None unless each of its boxes could be read."""
    mistakes = Mistakes()
    try:
        page = _read_page(text, name, mistakes)
        return None if mistakes.structure or mistakes.flawed else with_members(page)
    except BadPage:
        return None


def _read_page(text: str, name: str, mistakes: Mistakes) -> Page:
    sections = read_sections(text, mistakes)
    if not sections or sections[0].level != 1:
        mistakes.add_structure(1, "", "the page must start with its title; write a heading with one #")
        mistakes.raise_all()
    title = sections[0]
    for second in (section for section in sections[1:] if section.level == 1):
        mistakes.add(second.line, second.title, "a second title; write parts as headings with two #")
    parts = _parts(sections[1:], mistakes)
    steps = tuple(step for part in Part for step in _steps(part, parts.get(part, []), mistakes))
    _refuse_equal_ids(steps, mistakes)
    page = Page(
        name=name,
        title=_plain(title.title),
        text=text,
        runbook=_box(title, "runbook", RunbookBox, mistakes),
        places=_part_box(parts, "places", PlacesBox, mistakes) or PlacesBox(),
        roles=_required_part_box(parts, "emergency contacts", RolesBox, mistakes).roles,
        steps=with_rollback_ends(steps),
        watch=_part_box(parts, "watch", WatchBox, mistakes),
        rollback=_required_part_box(parts, "rollback", RollbackBox, mistakes),
        alerts=tuple(box.alert) if (box := _part_box(parts, "alerts", AlertsBox, mistakes)) else (),
        criteria=_part_box(parts, "success criteria", CriteriaBox, mistakes),
        decision=_required_part_box(parts, "decision", DecisionBox, mistakes),
    )
    _refuse_missing_parts(title, parts, mistakes)
    boxes = {step.id: step.box for step in page.steps}
    for step in page.steps:
        step.box.take_boxes(boxes)
    if "places" not in mistakes.flawed:
        with mistakes.noted():
            _put_in_client_programs(page, parts)
    if not mistakes.structure:
        check_references(page, {part: sections[0].line for part, sections in parts.items()}, mistakes)
    return page


def _put_in_client_programs(page: Page, parts: dict[str, list[Section]]) -> None:
    """Tell the steps of each database through which words they run its client programs; refuse words without a step."""
    taken: dict[str, str] = {}
    for name, place in page.places.databases.items():
        if not place.pg_programs:
            continue
        words = {place.url: tuple(place.pg_programs.split())}
        why = ""
        if taken.setdefault(place.url, place.pg_programs) != place.pg_programs:
            why = f"another database has the address {place.url} and other pg_programs; write the same in both"
        elif not sum(step.box.take_client_programs(words) for step in page.steps):
            why = f'no step that runs these programs has database_url = "{place.url}"; correct one of them'
        if why:
            places = parts["places"][0]
            line = places.box.line_of(("databases", name, "pg_programs")) if places.box else places.line
            raise BadPage(line, "Places", f"databases.{name}.pg_programs: {why}")


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


def part_of(title: str) -> str | None:
    """The part that a heading begins; None if it begins none."""
    words = slug(title).replace("-", " ")
    return next((part for part in PARTS if words == part or words.startswith(part + " ")), None)


def near_part(title: str) -> str | None:
    """The part that a heading was perhaps meant to begin; None if it is like none."""
    words = slug(title).split("-")
    for part in PARTS:
        start = " ".join(words[: len(part.split())])
        if difflib.SequenceMatcher(None, start, part).ratio() > 0.8:
            return part
    return None


def _note_overlooked_parts(section: Section, mistakes: Mistakes) -> None:
    """Note each line that people read as the heading of a part, and that begins none.

    The steps below it would belong to the part above.
    """
    lines = [line for line in section.prose.splitlines() if _SHOWN_AS_HEADING.match(line)]
    if section.level > 2 and not section.box:
        lines.append(section.title)
    for line in lines:
        if slug(line).replace("-", " ") in PARTS:
            why = f'“{line.strip()}” begins no part; write "## {slug(line).replace("-", " ").capitalize()}"'
            mistakes.add_structure(section.line, section.title, why)


def _parts(sections: list[Section], mistakes: Mistakes) -> dict[str, list[Section]]:
    parts: dict[str, list[Section]] = {}
    current = ""
    for section in sections:
        if for_authors():
            _note_overlooked_parts(section, mistakes)
        if section.level == 2:
            current = part_of(section.title) or ""
            if current in parts:
                why = f'a second part "{current}"; move its steps to the first one'
                mistakes.add(section.line, section.title, why)
            if not current and (near := near_part(section.title)):
                mistakes.add(section.line, section.title, f'is not a part; did you mean "## {near.capitalize()}"?')
                current = near
        if current:
            parts.setdefault(current, []).append(section)
        elif section.box:
            known = ", ".join(f'"{part.capitalize()}"' for part in PARTS)
            why = f"this box is in no part; move it to one of {known}"
            mistakes.add_structure(section.box.line, section.title, why)
    return parts


def _refuse_missing_parts(title: Section, parts: dict[str, list[Section]], mistakes: Mistakes) -> None:
    for part in REQUIRED:
        if part not in parts and not mistakes.structure:
            why = f'the page has no part "## {part.capitalize()}"; every runbook page needs one'
            mistakes.add(1, title.title, why)


def _steps(part: Part, sections: list[Section], mistakes: Mistakes) -> list[PageStep]:
    steps = []
    for section in sections:
        if section.unread:
            mistakes.flawed[slug(_plain(section.title))] = section.unread
        elif section.box and (section.level > 2 or section.box.kind != PARTS[part]):
            with mistakes.noted():
                steps += _step(part, section, section.box, mistakes)
    return steps


def _step(part: Part, section: Section, box: Box, mistakes: Mistakes) -> list[PageStep]:
    """The step; none if its box is too flawed for one."""
    title = _plain(section.title)
    given = box.fields.get("id")
    step_id = given if isinstance(given, str) and given else slug(title)
    mistakes.flawed[step_id] = box.source
    if box.kind not in KINDS:
        near = difflib.get_close_matches(box.kind, KINDS, 1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; use one of {', '.join(sorted(KINDS))}"
        raise BadPage(box.line, title, f'there is no step kind "{box.kind}"{hint}')
    known = mistakes.count
    step = read_box(box, title, KINDS[box.kind], mistakes)
    if step is None:
        return []
    if mistakes.count == known:
        del mistakes.flawed[step_id]
    if not step_id:
        raise BadPage(section.line, title, 'the heading has no letter or digit for an id; give the box an id = "..."')
    return [PageStep(id=step_id, title=title, line=section.line, part=part, box=step)]


def _refuse_equal_ids(steps: tuple[PageStep, ...], mistakes: Mistakes) -> None:
    by_id: dict[str, PageStep] = {}
    for step in steps:
        if step.id in by_id:
            other = by_id[step.id].line
            what = f'id: the step on line {other} has the same id "{step.id}"; write another one, id = "..."'
            mistakes.add(step.line, step.title, what)
        by_id.setdefault(step.id, step)


def _part_box(parts: dict[str, list[Section]], part: str, model: type[Model], mistakes: Mistakes) -> Model | None:
    """The box under a part's heading; None if the page does not have this part, or the box cannot be read."""
    if part not in parts:
        return None
    if part not in set(Part):
        for extra in (section for section in parts[part][1:] if section.box):
            why = f'the part "{part.capitalize()}" may have only one box, directly under its heading; remove this one'
            mistakes.add(extra.line, extra.title, why)
    return _read(parts[part][0], part, PARTS[part], model, mistakes)


def _required_part_box(parts: dict[str, list[Section]], part: str, model: type[Model], mistakes: Mistakes) -> Model:
    return _part_box(parts, part, model, mistakes) or _stand_in(model, part, mistakes)


def _box(section: Section, kind: str, model: type[Model], mistakes: Mistakes) -> Model:
    return _read(section, kind, kind, model, mistakes) or _stand_in(model, kind, mistakes)


def _read(section: Section, part: str, kind: str, model: type[Model], mistakes: Mistakes) -> Model | None:
    if section.unread:
        mistakes.flawed[part] = section.unread
        return None
    if not section.box or section.box.kind != kind:
        why = f"this heading needs a ```toml {kind} box directly under it"
        if not mistakes.structure:
            mistakes.add(section.line, section.title, why)
        mistakes.flawed[part] = section.box.source if section.box else ""
        return None
    known = mistakes.count
    wrap = "roles" if model is RolesBox else ""
    box = read_box(section.box, _plain(section.title), model, mistakes, wrap)
    if mistakes.count > known:
        mistakes.flawed[part] = section.box.source
    return box


def _stand_in(model: type[Model], part: str, mistakes: Mistakes) -> Model:
    """An empty box in place of one that cannot be read, while the rest of the page is checked."""
    mistakes.flawed.setdefault(part, "")
    fields: dict[str, Any] = {name: "" for name, field in model.model_fields.items() if field.is_required()}
    return model.model_construct(None, **fields)

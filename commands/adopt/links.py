"""Boxes that name each other by id, once every step has one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from commands.adopt.draft import Box, Notes, Section
from commands.adopt.only_looks import say_what_only_looks
from commands.runbook.page import Part

_BUILD = re.compile(r"\b(?:build|compile|install|ci|generate|bundle|assemble|package|collectstatic|precompile)\b")
_SMOKE_TESTS = re.compile(
    r"\W*(?:(?:all|any|every)(?: of)?(?: the)? )?(?:\d+ )?smoke tests? "
    r"(?:have |has )?(?:pass|fail|succeed|green|ok)\w*\W*",
    re.IGNORECASE,
)


def link(parts: dict[str, list[Section]], notes: Notes) -> None:
    """Let alerts name their checks, and the steps of the rollback what they undo, as far as that is sure."""
    for box in boxes_in(parts.get("alerts", [])):
        for alert in box.fields.get("alert", ()):
            alert["check"] = alert["check"].fields["id"]
    forward = list(boxes_in(parts.get(Part.DEPLOY, [])))
    say_what_only_looks(forward, notes)
    for box in boxes_in(parts.get(Part.ROLLBACK, [])):
        if isinstance(box.fields.get("undoes"), Box):
            box.fields["undoes"] = box.fields["undoes"].fields["id"]
        elif undone := undone_by(box, forward):
            box.fields["undoes"] = undone.fields["id"]
            if box.kind == "run":
                notes.assume(box.line, f"it repeats the build of line {undone.line}, so it undoes that step")
    _show_by_smoke_tests(parts, notes)


def _show_by_smoke_tests(parts: dict[str, list[Section]], notes: Notes) -> None:
    """Let a criterion that says no more than that the smoke tests passed, or failed, be shown by their steps."""
    shown_by = [box.fields["id"] for box in boxes_in(parts.get(Part.SMOKE_TESTS, []))]
    for box in boxes_in(parts.get("success criteria", [])) if shown_by else ():
        for line in [*box.fields.get("go", ()), *box.fields.get("no_go", ())]:
            if _SMOKE_TESTS.fullmatch(line["text"]):
                line["shown_by"] = shown_by
                notes.assume(box.line, f"“{line['text']}” is shown by the steps under Smoke tests")


def boxes_in(sections: Iterable[Section]) -> Iterable[Box]:
    """The boxes of a part, in order."""
    return (box for section in sections for box in section.boxes)


def undone_by(box: Box, forward: Sequence[Box]) -> Box | None:
    """The one step of the deploy that a step of the rollback is the counterpart of; None if there are several."""
    if box.kind == "service":
        names = _names(box)
        same = [one for one in forward if one.kind == "service" and _names(one) == names]
    elif box.kind in {"checkout", "sql", "migrate"}:
        same = [one for one in forward if one.kind == box.kind]
    elif box.kind == "run":
        runs = [one for one in forward if one.kind == "run" and "undone_by" not in one.fields]
        same = [one for one in runs if _same_place(one, box) and _builds(one) & _builds(box)]
    else:
        same = []
    return same[0] if len(same) == 1 else None


def _same_place(one: Box, other: Box) -> bool:
    return all(one.fields.get(name) == other.fields.get(name) for name in ("host", "cd", "env"))


def _builds(box: Box) -> set[str]:
    """Its commands that build something, without comments: what is built again has replaced what was there."""
    lines = (line.partition(" #")[0].strip() for text in box.fields["commands"] for line in text.splitlines())
    return {line for line in lines if _BUILD.search(line) and not line.startswith("#")}


def _names(box: Box) -> list[str]:
    return list(box.fields.get("names", [box.fields.get("name", "")]))

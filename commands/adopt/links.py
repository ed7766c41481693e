"""Boxes that name each other by id, once every step has one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from commands.adopt.draft import Box, Section
from commands.runbook.page import Part


def link(parts: dict[str, list[Section]]) -> None:
    """Let alerts name their checks, and the steps of the rollback what they undo, as far as that is sure."""
    for box in _boxes(parts.get("alerts", [])):
        for alert in box.fields.get("alert", ()):
            alert["check"] = alert["check"].fields["id"]
    forward = list(_boxes(parts.get(Part.DEPLOY, [])))
    for box in _boxes(parts.get(Part.ROLLBACK, [])):
        if undone := _undone(box, forward):
            box.fields["undoes"] = undone.fields["id"]


def _boxes(sections: Iterable[Section]) -> Iterable[Box]:
    return (box for section in sections for box in section.boxes)


def _undone(box: Box, forward: Sequence[Box]) -> Box | None:
    """The one step of the deploy that a step of the rollback is the counterpart of; None if there are several."""
    if box.kind == "service":
        names = _names(box)
        same = [one for one in forward if one.kind == "service" and _names(one) == names]
    elif box.kind in {"checkout", "sql"}:
        same = [one for one in forward if one.kind == box.kind]
    else:
        same = []
    return same[0] if len(same) == 1 else None


def _names(box: Box) -> list[str]:
    return list(box.fields.get("names", [box.fields.get("name", "")]))

"""A restart of several services in the rollback is cut, because a step undoes one step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from commands.adopt.draft import Box, Content, Section
from commands.runbook.page import Part


def cut_restarts(parts: Mapping[str, list[Section]]) -> None:
    """Let each step of the rollback restart what one step of the deploy does, where both restart the same services."""
    deploy = [box for section in parts.get(Part.DEPLOY, []) for box in section.boxes if box.kind == "service"]
    for section in parts.get(Part.ROLLBACK, []):
        content: Content = []
        for one in section.content:
            content += list(_cut(one, deploy)) if isinstance(one, Box) and one.kind == "service" else [one]
        section.content = content


def _cut(box: Box, deploy: Sequence[Box]) -> Iterator[Box]:
    same = [one for one in deploy if services_of(one) <= services_of(box) and _manager(one) == _manager(box)]
    names = [name for one in same for name in services_of(one)]
    if len(same) < 2 or sorted(names) != sorted(services_of(box)):  # left out or restarted twice
        yield box
        return
    fields = {name: value for name, value in box.fields.items() if name != "names"}
    for one in same:
        named: dict[str, Any] = {name: one.fields[name] for name in ("name", "names") if name in one.fields}
        title = ", ".join(one.fields.get("names", [one.fields.get("name")]))
        yield replace(box, fields={**fields, **named}, title=f"Restart {title}")


def services_of(box: Box) -> set[str]:
    """The services that a step restarts."""
    return set(box.fields.get("names", [box.fields.get("name", "")]))


def _manager(box: Box) -> tuple[object, object]:
    return box.fields.get("manager"), box.fields.get("host")

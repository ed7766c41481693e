"""The boxes that every page needs, whatever its runbook says, like places and roles."""

from __future__ import annotations

from collections.abc import Sequence

from commands.adopt.draft import PREFIX, Box, Section
from commands.adopt.scene import Scene
from commands.runbook.build import part_of
from commands.runbook.page import Part


def title_section(section: Section) -> Section:
    """The page's title."""
    section.level = 1
    return section


def with_frame(sections: Sequence[Section], scene: Scene) -> list[Section]:
    """The page's sections with the boxes and parts that are missing."""
    title, *rest = sections
    title.content.insert(0, _runbook(title, scene))
    framed = [title, *_missing(rest, scene)]
    if places := _places(scene):
        framed.insert(1, places)
    return framed


def _runbook(title: Section, scene: Scene) -> Box:
    scene.notes.assume(0, 'time_zone = "UTC", the zone of all times in messages; the runbook names none')
    target = title.title.replace("**", "").replace("`", "").strip() or "Production"
    return Box(kind="runbook", fields={"target": target, "time_zone": "UTC"}, line=0)


def _places(scene: Scene) -> Section | None:
    known = {"hosts": scene.places.hosts, "databases": scene.places.databases, "webs": scene.places.webs}
    fields = {sort: places for sort, places in known.items() if places}
    if not fields:
        return None
    return Section(level=2, title="Places", content=[Box(kind="places", fields=fields, line=0)])


def _missing(sections: list[Section], scene: Scene) -> list[Section]:
    found = {part_of(section.title): section for section in sections if section.level == 2}
    if Part.DEPLOY not in found:
        scene.notes.leave(0, "no heading says what is the deploy; write its steps under “## Deploy”")
        sections.append(Section(level=2, title="Deploy"))
    if watch := found.get(Part.WATCH):
        watch.content.insert(0, _watch(watch, scene))
    if not (rollback := found.get(Part.ROLLBACK)):
        scene.notes.leave(0, "the runbook has no rollback; write its steps under “## Rollback”")
        sections.append(rollback := Section(level=2, title="Rollback"))
    rollback.content.insert(0, _rollback(rollback, scene))
    if not (contacts := found.get("emergency contacts")):
        scene.notes.assume(0, "the role `lead`; the runbook has no table of contacts")
        sections.append(contacts := Section(level=2, title="Emergency contacts"))
    contacts.content.append(_roles())
    if "decision" not in found:
        sections.append(Section(level=2, title="Decision", content=[_decision()]))
    return sections


def _watch(section: Section, scene: Scene) -> Box:
    scene.notes.assume(section.line, 'the watch lasts "1 h"; the runbook does not say how long')
    return Box(kind="watch", fields={"lasts": "1 h"}, line=0)


def _rollback(section: Section, scene: Scene) -> Box:
    scene.notes.assume(section.line, 'the rollback is done within "30 min"; the runbook does not say how long')
    return Box(kind="rollback", fields={"within": "30 min"}, line=0)


def _roles() -> Box:
    people = f"{PREFIX}LEAD"
    lead = {"title": "Tech lead", "people": people, "phone": f"{people}_PHONE", "action": "GO/NO-GO decision"}
    return Box(kind="roles", fields={"roles": {"lead": lead}}, line=0)


def _decision() -> Box:
    return Box(kind="decision", fields={"role": "lead"}, line=0)

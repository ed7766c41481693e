"""A whole runbook turned into a page, and what its author must know of that."""

from __future__ import annotations

import re
from dataclasses import dataclass

from commands.adopt.code import adopt_code, as_text
from commands.adopt.document import Block, Chapter, Sort, read_document
from commands.adopt.draft import Box, Note, Section, Unit
from commands.adopt.frame import title_section, with_frame
from commands.adopt.page import give_ids, page_text
from commands.adopt.parts import RUNNING, units
from commands.adopt.scene import Scene
from commands.runbook.build import PARTS, near_part, part_of
from commands.runbook.page import Part


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """The page, the boxes that were made of lines of the runbook, and the notes, in the order of their lines."""

    page: str
    boxes: tuple[Box, ...]
    assumed: tuple[Note, ...]
    unplaced: tuple[Note, ...]


def adopt(text: str, name: str) -> Adopted:
    """Turn a runbook into a page; `name` is its title where it has none."""
    scene = Scene()
    title, chapters = _title_and_rest(read_document(text), name)
    found = units(chapters)
    if not any(unit.part in RUNNING for unit in found):
        found = _all_in_deploy(title, found, scene)
    for unit in found:
        scene.part = unit.part if unit.part in RUNNING else ""
        unit.sections = [_section(chapter, scene) for chapter in unit.chapters]
    scene.part = ""
    first = _section(title, scene)
    sections = with_frame([title_section(first), *_ordered(found)], scene)
    give_ids(sections)
    page = page_text(sections)
    boxes = (box for section in sections for box in section.boxes if box.line)
    return Adopted(
        page=page,
        boxes=tuple(sorted(boxes, key=lambda box: box.line)),
        assumed=tuple(sorted(scene.notes.assumed, key=lambda note: note.line)),
        unplaced=tuple(sorted(scene.notes.unplaced, key=lambda note: note.line)),
    )


def _title_and_rest(chapters: list[Chapter], name: str) -> tuple[Chapter, list[Chapter]]:
    """The page's title with what stands before it and directly under it, and the chapters behind it."""
    before, *rest = chapters
    if rest and rest[0].level == 1:
        title, rest = rest[0], rest[1:]
    else:
        title = Chapter(level=1, title=name, line=0)
    title.blocks = [*before.blocks, *title.blocks]
    return title, rest


def _all_in_deploy(title: Chapter, found: list[Unit], scene: Scene) -> list[Unit]:
    """Where no heading names a part that runs, the code under the title is the deploy."""
    if not any(block.sort is Sort.CODE for block in title.blocks):
        return found
    line = next(block.line for block in title.blocks if block.sort is Sort.CODE)
    scene.notes.assume(line, "no heading says what is the deploy; what stands under the title was taken for it")
    chapter = Chapter(level=2, title=Part.DEPLOY.value.capitalize(), line=line, blocks=title.blocks)
    title.blocks = []
    return [Unit(part=Part.DEPLOY, chapters=[chapter]), *found]


def _section(chapter: Chapter, scene: Scene) -> Section:
    scene.heading = chapter.title
    section = Section(level=chapter.level, title=chapter.title, line=chapter.line)
    scene.lead = ""
    for block in chapter.blocks:
        section.content += _content(block, scene)
        if block.sort is Sort.TEXT:
            scene.lead = next((line for line in reversed(block.lines) if line.strip()), "")
        elif block.sort is Sort.CODE:
            scene.lead = ""
    return section


def _content(block: Block, scene: Scene) -> list[list[str] | Box]:
    return adopt_code(block, scene) if block.sort is Sort.CODE else [list(block.lines)]


def _ordered(found: list[Unit]) -> list[Section]:
    """The sections with each part in one place, where its first heading was, and their levels as a page needs them."""
    sections: list[Section] = []
    done: set[str] = set()
    for unit in found:
        if unit.part not in PARTS:
            sections += _as_text_only(unit)
        elif unit.part not in done:
            done.add(unit.part)
            sections += _as_part([one for one in found if one.part == unit.part])
    return sections


def _as_text_only(unit: Unit) -> list[Section]:
    for section in unit.sections:
        section.level = max(2, section.level)
        if section.level == 2 and (part_of(section.title) or near_part(section.title)):
            section.title = f"Notes: {section.title}"
    return unit.sections


def _as_part(same: list[Unit]) -> list[Section]:
    name = same[0].part.capitalize()
    several = len(same) > 1
    sections = [Section(level=2, title=name)] if several else []
    for unit in same:
        top = unit.sections[0].level
        for number, section in enumerate(unit.sections):
            section.level = min(6, section.level - top + (3 if several else 2))
            section.level = max(section.level, 3) if several or number else 2
        if not several and part_of(unit.sections[0].title) != unit.part:
            unit.sections[0].title = f"{name}: {unit.sections[0].title}"
        sections += unit.sections
    return sections


def file_title(name: str) -> str:
    """A title from a file's name."""
    return re.sub(r"[-_\s]+", " ", name).strip() or "Runbook"


__all__ = ["Adopted", "adopt", "as_text", "file_title"]

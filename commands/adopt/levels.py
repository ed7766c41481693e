"""The headings of a page: which level each has, and that none reads as another part's."""

from __future__ import annotations

from commands.adopt.draft import Section, Unit
from commands.runbook.build import PARTS, near_part, part_of, slug


def as_text_only(unit: Unit) -> list[Section]:
    """Sections of no part, none of which reads as the heading of one."""
    for section in unit.sections:
        section.level = max(2, section.level)
        if _is_part(section.title) or (section.level == 2 and (part_of(section.title) or near_part(section.title))):
            section.title = f"Notes: {section.title}"
    return unit.sections


def _is_part(title: str) -> bool:
    return slug(title).replace("-", " ") in PARTS


def as_part(same: list[Unit]) -> list[Section]:
    """The sections of a part, whose units may stand apart in the runbook, below one heading."""
    name = same[0].part.capitalize()
    several = len(same) > 1
    sections = [Section(level=2, title=name, line=same[0].sections[0].line)] if several else []
    for unit in same:
        top = unit.sections[0].level
        for number, section in enumerate(unit.sections):
            section.level = min(6, section.level - top + (3 if several else 2))
            section.level = max(section.level, 3) if several or number else 2
            if section.level > 2 and _is_part(section.title):  # which is refused below a part
                section.title = f"Section “{section.title}”"
        if not several and part_of(unit.sections[0].title) != unit.part:
            unit.sections[0].title = f"{name}: {unit.sections[0].title}"
        sections += unit.sections
    return sections

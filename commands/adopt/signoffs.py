"""Checklists of several parts under one heading: each goes to the part that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.adopt.blocks import drawn_checklist
from commands.adopt.document import Block, Chapter, Sort
from commands.adopt.draft import Section
from commands.adopt.people import comment_text, gate
from commands.adopt.scene import Scene
from commands.runbook.page import Part

# what a list is called -> where it is signed; the last one is what the decision asks
_WHEN = (
    (r"\bafter|post-", ""),
    (r"\bduring|while|in progress", Part.DEPLOY),
    (r"smoke|verif", Part.SMOKE_TESTS),
    (r"\bbefore|pre-|prior", Part.BEFORE),
)


_OF_TESTS = re.compile(r"smoke", re.IGNORECASE)


def sign_offs(chapter: Chapter, scene: Scene) -> list[tuple[str, Section]]:
    """A section with a gate for each list, and the part that it belongs to. The lists stay where they are, too."""
    made = []
    for line, title, items in _lists(chapter):
        part = next((part for words, part in _WHEN if re.search(words, title, re.IGNORECASE)), Part.BEFORE.value)
        if not part:
            scene.last_items += items
            scene.notes.assume(line, f"“{title}” are the items of the decision KEEP or ROLLBACK")
            continue
        heading = f"{chapter.title}: {title}" if title != chapter.title else title
        # what is about the tests cannot be signed before them
        late = [item for item in items if part == Part.DEPLOY and _OF_TESTS.search(item)]
        for where, some in ((part, [item for item in items if item not in late]), (Part.SMOKE_TESTS.value, late)):
            if some:
                scene.part = where
                made.append((where, Section(level=3, title=heading, line=line, content=[gate(some, line, scene)])))
                share = f", {len(some)} of its {len(items)} items," if late else ""
                scene.notes.assume(line, f"“{title}”{share} is signed at the end of the part {where}")
    scene.part = ""
    return made


def _lists(chapter: Chapter) -> Iterator[tuple[int, str, list[str]]]:
    """Each list with its line and what it is called: by a comment in its block, or by the line above it."""
    lead = chapter.title
    for block in chapter.blocks:
        if block.sort is Sort.TEXT:
            lead = next((line for line in reversed(block.lines) if line.strip()), lead).strip("*:# \t")
        elif block.sort is Sort.CHECKLIST:
            yield block.items[0][0], lead, [text for _, text in block.items]
        elif block.sort is Sort.CODE and (items := drawn_checklist(block)):
            yield from _in_code(block, items, chapter.title)


def _in_code(block: Block, items: list[tuple[int, str]], title: str) -> Iterator[tuple[int, str, list[str]]]:
    lines = block.content.split("\n")
    groups: list[tuple[int, str, list[str]]] = []
    drawn = dict(items)
    for number, line in enumerate(lines, start=block.first):
        if number in drawn:
            if not groups:
                groups.append((number, title, []))
            groups[-1][2].append(drawn[number])
        elif line.lstrip().startswith("#"):
            groups.append((number, comment_text(line).rstrip(":"), []))
    yield from (group for group in groups if group[2])

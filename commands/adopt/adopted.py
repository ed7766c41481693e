"""A whole runbook turned into a page, and what its author must know of that."""

from __future__ import annotations

import re
from collections.abc import Iterable

from commands.adopt.choices import for_one_case, note_choices
from commands.adopt.code import adopt_code
from commands.adopt.document import Block, Chapter, Sort, read_document
from commands.adopt.draft import Box, Content, Note, Section, Unit
from commands.adopt.dropped import keep_dropped_rows
from commands.adopt.frame import (
    USUAL_INTERVAL,
    places_section,
    put_in_part_boxes,
    release_section,
    runbook_box,
    watch_interval,
)
from commands.adopt.left_to_add import left_to_add
from commands.adopt.levels import as_part, as_text_only
from commands.adopt.links import link
from commands.adopt.lists import TO_TICK
from commands.adopt.page import give_ids, page_text, variables_of
from commands.adopt.page_lines import WrittenPage
from commands.adopt.parts import (
    CONTACTS,
    CRITERIA,
    FAILURE,
    OTHER_PLACE,
    RUNNING,
    SIGN_OFFS,
    is_about_failure,
    tables,
    units,
)
from commands.adopt.people import gate, is_contacts, read_roles
from commands.adopt.reasons import reasons_in, ticked_reasons
from commands.adopt.restarts import cut_restarts
from commands.adopt.scene import Scene
from commands.adopt.signoffs import sign_offs
from commands.adopt.spaces import with_plain_spaces
from commands.adopt.stopped import let_requests_in
from commands.adopt.table_work import ticked_rows
from commands.adopt.text_work import note_commands_outside_code, note_work_in_text
from commands.adopt.times import take_time
from commands.runbook.build import PARTS
from commands.runbook.page import Part
from state.frozen import dataclass

_TIMED = frozenset({Part.BEFORE, Part.DEPLOY, Part.SMOKE_TESTS, Part.ROLLBACK})


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """The page, the boxes that were made of lines of the runbook, and the notes, in the order of their lines.

    `assumed` is what the runbook does not say, `unplaced` what stays text, `blanks` what only the author can fill in.
    `variables` are those that the boxes name, with their `$`.
    """

    page: str
    boxes: tuple[Box, ...]
    assumed: tuple[Note, ...]
    unplaced: tuple[Note, ...]
    blanks: tuple[Note, ...]
    variables: tuple[str, ...]


def adopt(text: str, name: str) -> Adopted:
    """Turn a runbook into a page; `name` is its title where it has none."""
    scene = Scene()
    text = with_plain_spaces(text, scene)
    title, chapters = _title_and_rest(read_document(text), name)
    found = units(chapters)
    if not any(unit.part in RUNNING for unit in found):
        found = _all_in_deploy(title, found, scene)
    if guessed := [unit.chapters[0] for unit in found if unit.guessed]:
        titles = ", ".join(f"“{chapter.title}”" for chapter in guessed)
        scene.notes.assume(guessed[0].line, f"no heading says what is the deploy; taken for it: {titles}")
    read_roles(_contacts(title, found), scene)
    note_commands_outside_code([title, *(chapter for unit in found for chapter in unit.chapters)], scene)
    extra: list[tuple[str, Section]] = []
    for unit in found:
        _convert(unit, scene)
        if unit.part == SIGN_OFFS:
            extra += [one for chapter in unit.chapters for one in sign_offs(chapter, scene)]
    scene.part = ""
    sections = _sections(_section(title, scene), found, extra, scene)
    page = page_text(sections)
    boxes = [box for section in sections for box in section.boxes]
    blanks = [*scene.notes.blanks, *left_to_add(sections, page.split("\n"))]
    known = tuple(sorted((box for box in boxes if box.line), key=lambda box: box.line))
    written = WrittenPage(text.split("\n"), page.split("\n"), known)
    return Adopted(
        page=page,
        boxes=known,
        assumed=written.assumed(_in_order(scene.notes.assumed)),
        unplaced=written.unplaced(_in_order(scene.notes.unplaced)),
        blanks=written.blanks(_in_order(blanks)),
        variables=variables_of(boxes),
    )


def _contacts(title: Chapter, found: Iterable[Unit]) -> list[Block]:
    """The tables under a heading that says so, or else those that are one by their columns."""
    named = tables([chapter for unit in found if unit.part == CONTACTS for chapter in unit.chapters])
    every = tables([title, *(chapter for unit in found for chapter in unit.chapters)])
    return named or [table for table in every if is_contacts(table)]


def _in_order(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(sorted(notes, key=lambda note: note.line))


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


def _convert(unit: Unit, scene: Scene) -> None:
    scene.part = unit.part if unit.part in RUNNING else ""
    scene.about_failure = unit.part == FAILURE
    scene.other_place = unit.part == OTHER_PLACE
    scene.has_own_boxes = unit.part in {CRITERIA, SIGN_OFFS}
    scene.folder = ""
    unit.sections = [_section(chapter, scene) for chapter in unit.chapters]
    if scene.part in _TIMED:
        # the time of a part's own heading is that of all its steps
        chapters = list(zip(unit.chapters, unit.sections, strict=True))[1 if len(unit.chapters) > 1 else 0 :]
        for chapter, section in chapters:
            lines = [line for block in chapter.blocks if block.sort is Sort.TEXT for line in block.lines]
            take_time(section, lines, scene.notes)
    if scene.part:
        let_requests_in(unit, scene)
        note_choices(unit, scene.notes)


def _section(chapter: Chapter, scene: Scene) -> Section:
    scene.heading, scene.lead, scene.boxes = chapter.title, "", []
    scene.every = ""
    section = Section(level=chapter.level, title=chapter.title, line=chapter.line)
    for block in chapter.blocks:
        said = watch_interval(scene.lead) or watch_interval(chapter.title)
        scene.every = (said or USUAL_INTERVAL) if scene.part == Part.WATCH else ""
        scene.one_case = for_one_case(scene.lead, chapter)
        content = _content(block, scene)
        if not said and any(isinstance(one, Box) and "every" in one.fields for one in content):
            why = f'every = "{USUAL_INTERVAL}" for these checks; the runbook does not say how often'
            scene.notes.assume(block.line, why)
        section.content += content
        if block.sort is Sort.TEXT:
            scene.lead = next((line for line in reversed(block.lines) if line.strip()), "")
        elif block.sort is Sort.CODE and not is_about_failure(scene.lead):
            scene.lead = ""
    return section


def _content(block: Block, scene: Scene) -> Content:
    if block.sort is Sort.CODE:
        return adopt_code(block, scene)
    if block.sort is Sort.TEXT:
        scene.reasons += reasons_in(block, scene.heading, early=scene.part == Part.BEFORE)
        if scene.part and not scene.about_failure:
            note_work_in_text(block, scene)
    if reasons := ticked_reasons(block, (scene.heading, scene.lead), early=scene.part == Part.BEFORE):
        scene.reasons += reasons
        return [list(block.lines)]
    items = ticked_rows(block) if block.sort is Sort.TABLE else block.items
    if not items or scene.has_own_boxes:
        return [list(block.lines)]
    if not scene.part or scene.about_failure:
        if block.sort is Sort.TABLE or any(TO_TICK.match(line) for line in block.lines):
            scene.notes.leave(items[0][0], "a checklist under a heading that does not say when it is signed")
        return [list(block.lines)]
    return [list(block.lines), gate((text for _, text in items), items[0][0], scene)]


def _sections(title: Section, found: list[Unit], extra: list[tuple[str, Section]], scene: Scene) -> list[Section]:
    """All sections of the page, each part in one place: where its first heading was."""
    parts: dict[str, list[Section]] = {}
    order: list[list[Section]] = []
    for unit in found:
        if unit.part not in PARTS:
            order.append(as_text_only(unit))
        elif unit.part not in parts:
            parts[unit.part] = as_part([one for one in found if one.part == unit.part])
            order.append(parts[unit.part])
    known = list(parts.values())
    release = release_section(scene, parts.get(Part.DEPLOY, []))
    if release or any(part == Part.BEFORE for part, _ in extra):
        before = parts.setdefault(Part.BEFORE, [Section(level=2, title="Before")])
        before[1:1] = [release] if release else []
    for part, section in extra:
        parts.setdefault(part, [Section(level=2, title=part.capitalize())]).append(section)
    put_in_part_boxes(parts, found, scene)
    new = [sections for sections in parts.values() if not any(sections is one for one in known)]
    title.level = 1
    title.content.insert(0, runbook_box(title, scene))
    cut_restarts(parts)
    keep_dropped_rows(parts, scene)
    sections = [section for group in (*order, *new) for section in group]
    give_ids(sections)
    link(parts, scene.notes)
    return [title, *places_section(scene), *sections]


def file_title(name: str) -> str:
    """A title from a file's name."""
    return re.sub(r"[-_\s]+", " ", name).strip() or "Runbook"

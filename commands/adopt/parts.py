"""Which part of a page each heading of a runbook begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.adopt.document import Block, Chapter, Sort
from commands.adopt.draft import Unit
from commands.runbook.build import PARTS, slug
from commands.runbook.page import Part

CONTACTS, ALERTS, CRITERIA, DECISION = "emergency contacts", "alerts", "success criteria", "decision"
# of no part: what is only for a failure, and sign-offs, which belong to several
FAILURE, SIGN_OFFS, MAYBE_DEPLOY = "failure", "sign-offs", "maybe the deploy"
OTHER_PLACE = "another environment"  # than production, where a runbook has both
_WORK = frozenset((Part.DEPLOY, MAYBE_DEPLOY))
RUNNING = frozenset((Part.BEFORE, Part.DEPLOY, Part.SMOKE_TESTS, Part.WATCH, Part.ROLLBACK))
# part -> the words of a heading that say so; of two that fit, the one whose words come first
_WORDS = {
    "": r"appendix|annex\b",  # perhaps another way to do the same
    FAILURE: r"trouble ?shoot|known issues?|faq|common (?:issues|problems|errors)|\bif \w.*\b(?:fail|error|wrong)"
    r"|\brestor(?:e|ing)\b|disaster|recover(?:y|ing)|emergency(?! contact)",
    CONTACTS: r"contacts?\b|escalation|who to call|on-?call",
    ALERTS: r"(?:critical )?alerts?\b|abort criteria|rollback (?:triggers?|criteria)|when to roll ?back",
    CRITERIA: r"(?:success|acceptance|exit) criteria|go ?/ ?no-?go|definition of done",
    SIGN_OFFS: r"sign-?offs?\b",
    Part.ROLLBACK: r"(?:emergency )?roll(?:ing)? ?-?back|revert|back(?:ing)? ?-?out|undo(?:ing)?\b|fall ?-?back"
    r"|go(?:ing)? back\b|downgrad",
    Part.SMOKE_TESTS: r"smoke|(?:post-?|after )?(?:deploy\w*|release|upgrade) (?:verif|check|valid|test)|verif|valid"
    r"|sanity|health ?-?check|post-?(?:deploy|release|upgrade)\w*(?! monitor)"
    r"|after (?:the )?(?:deploy|release|upgrade)",
    Part.WATCH: r"(?:intensive )?monitor|keep(?:ing)? an eye|observ|watch\b|post-?deploy\w* monitor|soak|hypercare",
    Part.BEFORE: r"pre-?(?:deploy|release|flight|upgrade|req|check)|prereq|requirements?\b|before\b|prepar|backup"
    r"|back up|checklist",
    Part.DEPLOY: r"deploy|releas|roll ?-?out|upgrad|ship\b|publish|promot|cut ?-?over|steps?\b|procedure",
    # a deploy if no other heading is a surer one; else perhaps some other work on the same system
    MAYBE_DEPLOY: r"updat|migrat|install|build|pull|check ?out|restart|push|switch|launch|bring up|start(?:ing)?\b"
    r"|stop(?:ping)?\b|execut|apply",
}
_FAILURE_LEAD = re.compile(
    r"^\W*(?:if|in case|when|on)\b.{0,60}?\b(?:errors?|fail\w*|wrong|problems?|issues?|broken|not work\w*"
    r"|necessary|needed)\b",
    re.IGNORECASE,
)
_PRODUCTION = re.compile(r"\bprod(?:uction)?\b|\blive\b", re.IGNORECASE)
# a heading that says no more than to which place something is brought, which is not production
_ANOTHER_PLACE = re.compile(
    r"[\W\d]*(?:(?:step|phase) \d+\W*)?"
    r"(?:(?:deploy(?:ing|ment)?|release|roll ?-?out|upgrade) (?:to |on |in )?(?:the )?)?"
    r"(?:staging|dev|development|local|sandbox|qa|uat|test)"
    r"(?: (?:development|deploy\w*|environment|server|cluster|release|roll ?-?out|upgrade|setup))*"
    r"\W*(?:\([^)]*\)\W*)?",
    re.IGNORECASE,
)
_STEP_NUMBER = re.compile(r"^\W*(?:step\s*)?\d+\b", re.IGNORECASE)
# a heading that says nothing else: below a deploy it is a check of the new version
_ONLY_CHECK = re.compile(r"^\W*(?:step\s*)?\d*\W*(?:checks?|tests?|testing)\W*$", re.IGNORECASE)


def part_in(title: str) -> str:
    """The part that a heading's words name; empty if they name none."""
    words = " ".join(title.lower().replace("*", "").replace("`", "").split())
    exact = slug(title).replace("-", " ")
    if exact in PARTS:
        return exact
    found = [(match.start(), -len(match[0]), part) for part, one in _WORDS.items() if (match := re.search(one, words))]
    return min(found)[2] if found else ""


def is_about_failure(text: str) -> bool:
    """Whether a line says that what follows is only for a failure."""
    return bool(_FAILURE_LEAD.search(text))


def units(chapters: Sequence[Chapter]) -> list[Unit]:
    """The chapters behind the title, each with those below it that are of the same part, in the runbook's order.

    Where no heading says what is the deploy, it begins with the first whose words may mean work on the system.
    """
    found = _read_units(chapters, work_ends_before=False)
    if not any(unit.part in _WORK for unit in found):
        found = _read_units(chapters, work_ends_before=True)
    sure = any(unit.part == Part.DEPLOY for unit in found)
    for unit in found:
        if unit.part == MAYBE_DEPLOY:
            unit.part = "" if sure else Part.DEPLOY
            unit.guessed = not sure
    return found


def _read_units(chapters: Sequence[Chapter], *, work_ends_before: bool) -> list[Unit]:
    """The units as their headings say; with `work_ends_before` a numbered step that works is none of Before."""
    found: list[Unit] = []
    production = any(_PRODUCTION.search(chapter.title) for chapter in chapters)
    above: list[tuple[int, str]] = []  # the headings that this one stands under, with their parts
    before = ""
    for place, chapter in enumerate(chapters):
        while above and above[-1][0] >= chapter.level:
            before = above.pop()[1]
        inherited = above[-1][1] if above else ""
        part = _part(chapter, inherited, before if not above else "", work_ends_before=work_ends_before)
        if production and part in {*_WORK, ""} and _ANOTHER_PLACE.fullmatch(chapter.title):
            part = OTHER_PLACE
        if not above and before in _WORK and _ONLY_CHECK.match(chapter.title) and not _works(chapters[place:]):
            part = Part.SMOKE_TESTS
        if not found or not above or part != found[-1].part:
            found.append(Unit(part=part, chapters=[]))
        found[-1].chapters.append(chapter)
        above.append((chapter.level, part))
    return found


def _works(chapters: Sequence[Chapter]) -> bool:
    """Whether a heading of the first one's level says that more is deployed: a check above it comes before that."""
    return any(one.level == chapters[0].level and part_in(one.title) in _WORK for one in chapters)


def _part(chapter: Chapter, inherited: str, before: str, *, work_ends_before: bool) -> str:
    own = part_in(chapter.title)
    if own in {CONTACTS, ALERTS} and not any(block.sort is Sort.TABLE for block in chapter.blocks):
        own = "" if own == ALERTS else own
    if own == CRITERIA and inherited == ALERTS:
        own = ""
    exact = slug(chapter.title).replace("-", " ") in PARTS
    if (
        inherited
        and not exact
        and not (own in {Part.ROLLBACK, FAILURE} and inherited in {Part.BEFORE, Part.DEPLOY, MAYBE_DEPLOY})
    ):
        return inherited
    if own == MAYBE_DEPLOY and before == Part.BEFORE and work_ends_before:
        return own
    if own in {"", MAYBE_DEPLOY} and before in {*RUNNING, MAYBE_DEPLOY} and _STEP_NUMBER.match(chapter.title):
        return before
    return own


def tables(chapters: Sequence[Chapter]) -> list[Block]:
    """The tables of some chapters."""
    return [block for chapter in chapters for block in chapter.blocks if block.sort is Sort.TABLE]

"""The steps with which every rollback of a page ends, although they do not stand on it."""

from __future__ import annotations

from collections.abc import Sequence

from commands.runbook.page import PageStep, Part

RUNNING_AGAIN = "what runs"  # the first one's id; no heading gives one with a space
_TITLE = "Check that what ran before runs again"


def with_rollback_ends(steps: Sequence[PageStep]) -> tuple[PageStep, ...]:
    """The page's steps with what their boxes add to the rollback's end, before the announcements that close it."""
    back = [step for step in steps if step.part == Part.ROLLBACK]
    boxes = [(step.line, box) for step in steps if step.part != Part.ROLLBACK and (box := step.box.rollback_end())]
    ends = [
        PageStep(id=f"{RUNNING_AGAIN} {n}".removesuffix(" 1"), title=_TITLE, line=line, part=Part.ROLLBACK, box=box)
        for n, (line, box) in enumerate(boxes, start=1)
    ]
    at = len(steps)
    while back and back.pop().box.is_announcement:
        at -= 1
    return (*steps[:at], *ends, *steps[at:])

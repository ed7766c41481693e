"""The GO / NO-GO panel: every criterion with its evidence, in one message of the thread."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doors.button import button_value
from bot.slack.views.blocks import (
    SECTION,
    Block,
    Message,
    actions,
    button,
    context,
    filled,
    header,
    message,
    section,
)
from bot.slack.views.following import in_message
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, counted, crossed_out, line, person, time_of
from commands.progress.step_state import WATCH
from commands.watch.criteria import CriterionStatus, Mark
from state.events import CriteriaShown
from state.facts import EarlyKeep
from state.records import AttemptState, Event

# of a version that was rolled back
WERE = {
    Mark.GO: "was met",
    Mark.NO_GO: "was not met",
    Mark.OPEN: "was open",
    Mark.PEOPLE: "was for people",
    Mark.LEFT: "was open",
}
NOT_ASKED = "➖"  # nobody is asked for this any more
MARKS = {Mark.GO: "✅", Mark.NO_GO: "❌", Mark.OPEN: "⬜", Mark.PEOPLE: "🙋", Mark.LEFT: "➖"}


def panel(snapshot: Snapshot, _: Event, __: CriteriaShown) -> Message:
    """The panel as it is now."""
    role = snapshot.page.roles[snapshot.page.decision.role].title
    decides = f"{line(role, 80)} decides KEEP or ROLLBACK when the watch is over. Anybody can roll back at any time."
    if snapshot.record.rollback:
        decides = "That version is rolled back, so none of this is about what runs now."
    elif snapshot.record.keep:
        decides = "KEEP was decided."
    head = summary_of(snapshot)
    blocks = [
        header(head),
        *(section(part) for part in in_sections(panel_lines(snapshot))),
        _early_keep(snapshot),
        context(" ".join(filter(None, (decides, in_message(snapshot.following))))),
    ]
    return message(head, blocks)


def summary_of(snapshot: Snapshot) -> str:
    """How many criteria are met, and how many are reasons for NO-GO, in one line."""
    criteria = snapshot.status.criteria
    goals = [criterion for criterion in criteria if not criterion.sign]
    met = sum(goal.mark == Mark.GO for goal in goals)
    against = sum(criterion.mark == Mark.NO_GO for criterion in criteria)
    if snapshot.record.rollback:
        return f"🚦 Before the rollback: {met} of {len(goals)} were met"
    if against:
        return f"🚦 NO-GO: {counted(against, 'reason')}, {met} of {len(goals)} met"
    return f"🚦 GO{'' if snapshot.record.keep else ' so far'}: {met} of {len(goals)} met"


def panel_lines(snapshot: Snapshot) -> Iterator[str]:
    """The criteria, two lines each: the text, then the evidence with people and time. Signs of NO-GO come first.

    Of a version that is rolled back one line each: its evidence is in the report, and says nothing of what runs now.
    """
    zone = snapshot.page.runbook.time_zone
    for criterion in snapshot.status.criteria:
        people = "".join(f" · {person(name)}" for name in criterion.by[:3])
        at = f" · {time_of(criterion.at, zone)}" if criterion.at else ""
        if snapshot.record.rollback:
            was = "was a NO-GO" if criterion.sign else WERE[criterion.mark]
            yield f"▫️ {crossed_out(criterion.text)} ({was})"
            continue
        yield f"{_mark(criterion)} {bold(criterion.text, 200)}\n      {line(criterion.evidence, 220)}{people}{at}"


def _mark(criterion: CriterionStatus) -> str:
    return "⛔ NO-GO:" if criterion.sign else MARKS[criterion.mark]


def _early_keep(snapshot: Snapshot) -> Block | None:
    """The button for KEEP before the watch is over; None outside the watch, and once it was pressed."""
    watch = snapshot.record.last(WATCH)
    is_watching = watch is not None and watch.state == AttemptState.RUNNING
    if not is_watching or snapshot.record.newest(EarlyKeep) or not snapshot.can_roll_back:
        return None
    return actions(button("keep_early", "KEEP before the watch ends…", button_value(snapshot.record.run)))


def in_sections(lines: Iterator[str], limit: int = 2) -> list[str]:
    """The lines in at most `limit` texts, each short enough for a section. The last one counts what is left out."""
    groups = filled(lines, SECTION - 100)
    if left_out := sum(map(len, groups[limit:])):
        groups[limit - 1].append(f"… and {left_out} more; the runbook page has them all.")
    return ["".join(group) for group in groups[:limit]]

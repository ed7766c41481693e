"""The GO / NO-GO panel: every criterion with its evidence, from the first smoke test to the end, in one message of the thread."""

from __future__ import annotations

from collections.abc import Iterator

from bot.slack.views.blocks import Block, Message, actions, button, context, header, message, section
from bot.slack.views.snapshot import Snapshot
from bot.text import bold, line, person, time_of
from commands.progress.step_state import WATCH
from commands.watch.criteria import CriterionStatus, Mark
from state.events import CriteriaShown
from state.facts import EarlyKeep
from state.records import AttemptState, Event

MARKS = {Mark.GO: "✅", Mark.NO_GO: "❌", Mark.OPEN: "⬜", Mark.PEOPLE: "🙋"}


def panel(snapshot: Snapshot, event: Event, _: CriteriaShown) -> Message:
    """The panel as it is now."""
    lines = snapshot.status.criteria
    bad = sum(one.mark == Mark.NO_GO for one in lines)
    good = sum(one.mark == Mark.GO for one in lines)
    total = sum(not one.sign for one in lines)
    head = f"🚦 {'NO-GO' if bad else 'GO'}: {good} of {total} shown" + (f", {bad} against it" if bad else " so far")
    role = snapshot.page.roles[snapshot.page.decision.role].title
    who = f"{line(role, 80)} decides KEEP or ROLLBACK when the watch is over; a ROLLBACK anybody may ask for, at any moment."
    blocks = [
        header(head),
        *(section(one) for one in in_sections(panel_lines(snapshot))),
        _early(snapshot, event),
        context(who),
    ]
    return message(head, blocks)


def panel_lines(snapshot: Snapshot) -> Iterator[str]:
    """The lines of the panel, the signs of NO-GO first."""
    zone = snapshot.page.runbook.time_zone
    for one in snapshot.status.criteria:
        at = "".join(f" · {person(who)}" for who in one.by[:3]) + (f" · {time_of(one.at, zone)}" if one.at else "")
        yield f"{_mark(one)} {bold(one.text, 200)}\n      {line(one.evidence, 220)}{at}"


def _mark(one: CriterionStatus) -> str:
    return "⛔ NO-GO:" if one.sign else MARKS[one.mark]


def _early(snapshot: Snapshot, event: Event) -> Block | None:
    row = snapshot.record.last(WATCH)
    asked = snapshot.record.newest(EarlyKeep)
    if row is None or row.state != AttemptState.RUNNING or asked or not snapshot.can_roll_back:
        return None
    return actions(button("keep_early", "KEEP before the watch ends…", f"{event.run}:0"))


def in_sections(lines: Iterator[str], most: int = 2) -> list[str]:
    """The lines in at most `most` paragraphs that Slack accepts."""
    parts = [""]
    for one in lines:
        if len(parts[-1]) + len(one) > 2400:
            parts.append("")
        parts[-1] += one + "\n"
    if len(parts) > most:
        parts[most - 1] = parts[most - 1][:2300] + "\n… and more; the runbook page has them all."
    return parts[:most]

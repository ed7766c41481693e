"""KEEP or ROLLBACK: what the decision is made on, and what KEEP says will follow from it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.slack.views.blocks import Block, button, confirm, sections_of
from bot.slack.views.checklist import item_lines, page_name
from bot.slack.views.following import in_message, in_question
from bot.slack.views.panel import NOT_ASKED, in_sections, panel_lines
from bot.slack.views.snapshot import Snapshot
from bot.text import line
from commands.progress.clock import rest_of_watch
from commands.signoff.checklist_room import DECISION_ROOM, shown_items
from commands.text.durations import format_duration
from state.facts import EarlyKeep


def decision_body(snapshot: Snapshot, items: Iterable[str], *, is_open: bool) -> list[str]:
    """The panel as it is now, then the items that only people can check: whoever decides KEEP has checked them."""
    mark = "⬜" if is_open else "☑️" if snapshot.record.keep else NOT_ASKED
    texts = list(items)
    shown = shown_items([("", text) for text in texts], DECISION_ROOM)
    lines = item_lines(texts, shown[""], f"{page_name(snapshot)}, under Decision", mark) if texts else ()
    following = in_message(snapshot.following) if is_open else ""
    return [following, *in_sections(panel_lines(snapshot)), *sections_of(lines)]


def keep_button(snapshot: Snapshot, value: str) -> Block:
    """The button that decides KEEP; its label names the page that it starts."""
    following = snapshot.following
    label = f"✅ KEEP, start {following.name.removesuffix('.md')}" if following else "✅ KEEP"
    return button("keep", label, value, style="primary", confirm=confirm("Decide KEEP?", effect(snapshot), "KEEP"))


def effect(snapshot: Snapshot) -> str:
    """What KEEP does, in plain text."""
    run = snapshot.record.run
    closed = f"{line(run.target, 80)} stays as it is now. This run can no longer be rolled back."
    return f"{closed}{in_question(snapshot.following, run.channel)}"


def skipped(snapshot: Snapshot) -> str:
    """How much of the watch KEEP would skip now, or would have skipped when somebody asked for it.

    So the question to the second person stays as it is, and is not sent again each second.
    """
    asked = snapshot.record.newest(EarlyKeep)
    at = asked.at if asked else snapshot.now
    rest, watch = rest_of_watch(snapshot.page, snapshot.record, at), snapshot.page.watch
    if not rest or watch is None:
        return "The watch ends now."
    return f"The rest of the watch is skipped: {format_duration(rest)} of {format_duration(watch.lasts)}."


def early_note(snapshot: Snapshot) -> str:
    """What KEEP before the end of the watch means, for its form and for the second person."""
    return "\n".join(filter(None, (f"⏩ {skipped(snapshot)}", in_message(snapshot.following))))

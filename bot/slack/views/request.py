"""Who asked for the end of a run: of its start, before any change, or by a rollback."""

from __future__ import annotations

from bot.slack.views.snapshot import Snapshot
from bot.text import acted, line
from commands.progress.start_gate import start_was_refused, words_of_refusal
from commands.progress.step_state import production_changed
from state.events import PersonActed
from state.facts import Fact


def request_line(snapshot: Snapshot) -> str:
    """The request with its reason, in one line; empty without one."""
    if not (request := snapshot.record.rollback):
        return ""
    reason = words_of_refusal(request.reason) if start_was_refused(snapshot.record) else request.reason
    return f"{request_head(snapshot, request)}{f': {line(reason)}' if reason else ''}"


def request_head(snapshot: Snapshot, request: PersonActed | Fact) -> str:
    """What was asked for, and by whom."""
    what = "⏪ *Rollback requested"
    if start_was_refused(snapshot.record):
        what = "⛔ *Start refused"
    elif not production_changed(snapshot.page, snapshot.record):
        what = "⛔ *Aborted"
    return f"{what} by* {acted(request)}"

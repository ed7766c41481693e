"""Agreeing to a start at its gate, from any door: the freezes are looked at once more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.doors.deps import Deps
from bot.doors.replies import AGREED_IN_PART, AGREED_ON_HOLD, AGREED_TO_START
from commands.progress.hold import hold_of
from commands.progress.start_gate import objections
from commands.signoff.actions import RunActions
from commands.start.freezes import UNKNOWN, freeze_objector
from commands.start.objections import Intent
from commands.start.request import StartRequest
from state.errors import Refused
from state.facts import Actor


def agree_at_gate(deps: Deps, actions: RunActions, actor: Actor, at: datetime) -> str:
    """Agree to a start against which something speaks; returns the reply.

    Raises Refused, also where a freeze or a lock has come since the start was asked about: nobody gave a reason for it.
    """
    record = actions.store.record(actions.run)
    known = {one.summary for one in objections(record)}
    intent = Intent(page=actions.page, ref=record.run.ref, actor=record.run.started_by, at=at, request=StartRequest())
    found = freeze_objector(deps.freezes, deps.people)(intent).objections
    if come := [one.summary for one in found if not _is_known(one.summary, known)]:
        raise Refused(
            f"New since this question was posted: {' '.join(come)} Refuse this start, and start anew with a reason."
        )
    if not actions.agree_to_start(actor, at):
        return AGREED_IN_PART
    return AGREED_ON_HOLD if hold_of(record) else AGREED_TO_START


def _is_known(summary: str, known: Iterable[str]) -> bool:
    """Whether it was said when the start was asked about. Why something cannot be known may change meanwhile."""
    begins = summary.partition(UNKNOWN)[:2]
    return any(begins == one.partition(UNKNOWN)[:2] if UNKNOWN in summary else summary == one for one in known)

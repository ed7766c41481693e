"""Refuses a start at its gate: the run ends by a rollback that has nothing to roll back."""

from __future__ import annotations

from datetime import datetime

from commands.progress.start_gate import REFUSED, waits_at_gate
from commands.rollback.request import request_rollback
from commands.signoff.permission_check import require_door
from commands.signoff.permissions import Act
from state.errors import Refused, TooLate
from state.facts import Actor
from state.store import RecordStore


def refuse_start(store: RecordStore, run: int, actor: Actor, reason: str, at: datetime) -> None:
    """Refuse a start that waits for a second person. Raises Refused without a reason, TooLate if it waits no more."""
    require_door(Act.REFUSE_START, actor)
    if not reason.strip():
        raise Refused("Refusing needs a reason, so that the team knows why.")

    if not request_rollback(store, run, actor, f"{REFUSED}: {reason}", at, only_if=waits_at_gate):
        raise TooLate("The start is not waiting for anybody now; the status shows what is.")

"""A false alarm: a person holds the countdown of an alert for a time, with a reason."""

from __future__ import annotations

from datetime import datetime

from commands.signoff.waiting import Waiting
from commands.text.durations import format_duration, parse_duration
from state.errors import Refused, TooLate
from state.events import AlertHeld
from state.facts import Actor, AlertHold, shortened
from state.records import NewEvent, Record
from state.sqlite.store import Store

HOLDS = ("15 min", "30 min", "1 h", "2 h")  # for how long a false alarm may be held
USUAL = "30 min"


def hold_alert(store: Store, run: int, waiting: Waiting, actor: Actor, reason: str, lasts: str, at: datetime) -> bool:
    """Write that a person takes an alert for a false alarm for some time; False if it was held already.

    Raises Refused, and TooLate where the rollback has been asked for: what is told to be held is not rolled back.
    """
    if not reason.strip():
        raise Refused("Holding an alert needs a reason, so that the team knows why it is false.")
    try:
        length = parse_duration(lasts or USUAL)
    except ValueError as error:
        raise Refused(f"For how long? {error}") from None
    if length > parse_duration(HOLDS[-1]):
        raise Refused(
            f"An alert is held for {HOLDS[-1]} at most, not for {format_duration(length)}; then it counts again."
        )
    fact = AlertHold(
        by=actor, at=at, alert=waiting.step, number=waiting.attempt, lasts=length, reason=shortened(reason)
    )
    told = AlertHeld(title=waiting.title, person=actor.person, reason=fact.reason, lasts=format_duration(length))
    if store.add_fact(run, fact, NewEvent(data=told), only_if=lambda record: not record.rollback):
        return True
    must_not_be_late(store.record(run), waiting.title)
    return False


def must_not_be_late(record: Record, alert: str) -> None:
    """Raise TooLate where a rollback has been asked for already, so that no alert is held any more."""
    if back := record.rollback:
        raise TooLate(f"Too late: the rollback began at {back.at:%H:%M:%S} UTC, and “{alert}” cannot be held any more.")

"""False alarms: a person holds an alert's countdown for a time, with a reason."""

from __future__ import annotations

from datetime import datetime

from commands.signoff.waiting import Waiting
from commands.text.actors import door_in_words
from commands.text.durations import format_duration, parse_duration
from commands.text.typed import typed
from state.errors import Refused, TooLate
from state.events import AlertHeld
from state.facts import Actor, AlertHold
from state.records import NewEvent, Record
from state.store import RecordStore

HOLD_LENGTHS = ("15 min", "30 min", "1 h", "2 h")  # offered in the dialog; the last one is the longest
DEFAULT_HOLD = "30 min"


def hold_alert(
    store: RecordStore, run: int, waiting: Waiting, actor: Actor, reason: str, lasts: str, at: datetime
) -> bool:
    """Record that a person holds an alert as a false alarm. False if it is held already.

    `lasts` is a duration in words; empty means DEFAULT_HOLD. Raises Refused without a reason, or if `lasts` is no
    duration or too long. Raises TooLate once a rollback is requested: a held alert must never roll back.
    """
    if not reason.strip():
        raise Refused("Holding an alert needs a reason, so that the team knows why the alarm is false.")
    try:
        length = parse_duration(lasts or DEFAULT_HOLD)
    except ValueError as error:
        raise Refused(f"For how long should the alert be held? {error}") from None
    if length > parse_duration(HOLD_LENGTHS[-1]):
        raise Refused(
            f"An alert can be held for at most {HOLD_LENGTHS[-1]}, not for {format_duration(length)}. "
            "After that it counts again."
        )
    fact = AlertHold(by=actor, at=at, alert=waiting.step, number=waiting.attempt, lasts=length, reason=typed(reason))
    held = AlertHeld(
        title=waiting.title,
        person=actor.person,
        door=door_in_words(actor),
        reason=fact.reason,
        lasts=format_duration(length),
    )
    if store.add_fact(run, fact, NewEvent(data=held), only_if=lambda record: not record.rollback):
        return True
    require_no_rollback(store.record(run), waiting.title)
    return False


def require_no_rollback(record: Record, alert: str) -> None:
    """Raise TooLate once a rollback is requested, because an alert can no longer be held then."""
    if request := record.rollback:
        raise TooLate(
            f"Too late: the rollback was requested at {request.at:%H:%M:%S} UTC, so “{alert}” can no longer be held."
        )

"""The gate at the start: where something speaks against a run, a second person agrees first."""

from __future__ import annotations

from state.facts import StartAgreement, StartObjection
from state.records import Record

GATE = "the start"  # what people agree to; it is no step of the page and has no attempt

REFUSED = "the start was refused"  # how the reason begins with which a run ends that was not agreed to


def objections(record: Record) -> tuple[StartObjection, ...]:
    """What spoke against the start of a run when it was started."""
    return tuple(fact for fact in record.facts if isinstance(fact, StartObjection))


def open_objections(record: Record) -> tuple[StartObjection, ...]:
    """Those that nobody has agreed about yet."""
    agreed = {number for fact in record.facts if isinstance(fact, StartAgreement) for number in fact.covers}
    return tuple(objection for objection in objections(record) if objection.number not in agreed)


def waits_at_gate(record: Record) -> bool:
    """Whether nothing of the run may begin, because a second person must agree first. A rollback request ends that."""
    return record.run.active and record.rollback is None and bool(open_objections(record))


def start_was_refused(record: Record) -> bool:
    """Whether the rollback of a run is the refusal of its start: later, a reason may begin with the same words."""
    request = record.rollback
    return request is not None and request.reason.startswith(REFUSED) and bool(open_objections(record))


def words_of_refusal(reason: str) -> str:
    """What somebody has said who refused a start, or asked for its rollback."""
    return reason.removeprefix(REFUSED).removeprefix(": ")

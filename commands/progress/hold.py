"""Whether a person holds the run."""

from __future__ import annotations

from state.facts import Hold, Resume
from state.records import Record


def hold_of(record: Record) -> Hold | None:
    """The hold that is on now, or None: while it is, no new step begins, and the watch goes on."""
    said = [fact for fact in record.facts if isinstance(fact, Hold | Resume)]
    return said[-1] if said and isinstance(said[-1], Hold) else None

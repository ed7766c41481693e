"""Whether the run is on hold, and what a hold means for KEEP."""

from __future__ import annotations

from state.facts import BOT, Hold, Keep, Resume
from state.records import Record


def hold_number(record: Record) -> int:
    """Which of the run's holds is on now, or would be the next one, counted from 0."""
    holds = sum(isinstance(fact, Hold) for fact in record.facts)
    return holds - 1 if hold_of(record) else holds


def hold_of(record: Record) -> Hold | None:
    """The hold that is on now, or None. On hold, no new step begins before the watch; a running watch continues."""
    facts = [fact for fact in record.facts if isinstance(fact, Hold | Resume)]
    return facts[-1] if facts and isinstance(facts[-1], Hold) else None


def keep_of(record: Record) -> Keep | None:
    """The KEEP decision, or None; None too while the bot itself holds the run, because the record was changed."""
    hold = hold_of(record)
    return None if hold and hold.by == BOT else record.keep

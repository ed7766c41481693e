"""A drill: who takes part in it, whether it has begun, and who holds each role in it."""

from __future__ import annotations

from commands.runbook.people import People
from state.facts import DrillBegun, TakesPart
from state.records import Record

MARK = "DRILL"  # the first word of whatever a drill shows


def takes_part(record: Record) -> frozenset[str]:
    """The people who agreed to take part."""
    return frozenset(fact.person for fact in record.facts if isinstance(fact, TakesPart))


def waits_for_people(record: Record) -> bool:
    """Whether this is a drill that has not begun yet, and still may."""
    return bool(record.run.drill) and record.run.active and not has_begun(record)


def has_begun(record: Record) -> bool:
    """Whether a drill has begun."""
    return record.newest(DrillBegun) is not None


def players(people: People, record: Record) -> dict[str, frozenset[str]]:
    """Who holds each role in this run: in a drill only those who take part, in every other run all `people`."""
    if not record.run.drill:
        return {role: frozenset(held) for role, held in people.items()}
    there = takes_part(record)
    return {role: frozenset(held) & there for role, held in people.items()}

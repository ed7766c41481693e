"""Holds of a run, what they mean for KEEP, and which places the run was found to work on."""

from __future__ import annotations

from collections.abc import Mapping

from state.facts import BOT, EnvironmentHold, Hold, Keep, Resume
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
    """The KEEP decision, or None; None too while the bot itself holds the run, because something was changed."""
    hold = hold_of(record)
    return None if hold and hold.by == BOT else record.keep


def environment_hold(record: Record) -> EnvironmentHold | None:
    """The hold that is on now because the environment has changed, or None. It stops the checks of the watch too."""
    hold = hold_of(record)
    return hold if isinstance(hold, EnvironmentHold) else None


def environment_change(record: Record) -> str:
    """How the environment differs from the one that people know of, in words; empty if it does not."""
    changes = [fact for fact in record.facts if isinstance(fact, EnvironmentHold)]
    return changes[-1].reason if changes and places_found(record) != places_accepted(record) else ""


def places_accepted(record: Record) -> Mapping[str, str]:
    """The places that people know of: those of the start, or those with which somebody resumed the run."""
    return _places(record)[0]


def places_found(record: Record) -> Mapping[str, str]:
    """The places that the bot found when it last started."""
    return _places(record)[1]


def _places(record: Record) -> tuple[Mapping[str, str], Mapping[str, str]]:
    accepted: Mapping[str, str] = dict(record.run.places)
    found = accepted
    for fact in record.facts:
        if isinstance(fact, EnvironmentHold):
            found = dict(fact.places)
        elif isinstance(fact, Resume) and fact.by == BOT:
            found = accepted
        elif isinstance(fact, Resume):
            accepted = found
    return accepted, found

"""Compares a run's places with the environment at each start of the bot."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime

from commands.progress.hold import environment_hold, hold_of, places_accepted, places_found
from commands.run.close_run import end_lost_run
from commands.runbook.page import Page
from state.events import EnvironmentChanged
from state.facts import BOT, EnvironmentHold, Fact, Hold, Resume
from state.records import NewEvent, Record
from state.store import RecordStore


def compare_places(store: RecordStore, page: Page, record: Record, places: Mapping[str, str], at: datetime) -> bool:
    """Compare the places with those that people know of. True if they differ, and nobody has resumed with these.

    Then the run waits until the deciding role resumes it, or the bot starts with the old environment again. A rollback
    never waits; it is only reported. A run of an earlier version has no places to compare.
    """
    accepted = places_accepted(record)
    if not accepted or not record.run.active:
        return False
    rolling_back = record.rollback is not None
    if places == accepted:
        if environment_hold(record):
            _put_back(store, record, at, resume=not _was_held(record))
        return False
    if places == places_found(record) and (environment_hold(record) or rolling_back):
        return True
    summary = difference(page, accepted, places)
    found = tuple(sorted(places.items()))
    roles = tuple(page.roles) if rolling_back else (page.decision.role,)
    changed = EnvironmentChanged(summary=summary, waits=not rolling_back, roles=roles)
    # a hold of somebody else may have taken the number since
    for number in itertools.count(sum(isinstance(fact, Hold) for fact in record.facts)):
        hold = EnvironmentHold(by=BOT, at=at, number=number, reason=summary, places=found)
        if store.add_fact(record.run.id, hold, NewEvent(data=changed)):
            break
    return True


def end_drill_elsewhere(
    store: RecordStore, page: Page, record: Record, places: Mapping[str, str], at: datetime
) -> bool:
    """End a drill whose variables lead elsewhere now. True if it was ended.

    Before it began its places were compared with production's, and these were not: not even a rollback may touch them.
    """
    run, before = record.run, dict(record.run.places)
    if not run.drill or not run.active or not before or places == before:
        return False
    end_lost_run(store, run, difference(page, before, places), at)
    return True


def difference(page: Page, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What differs, as a sentence that names the variables and no value.

    "the environment has changed since the run started: host production (port: $PROD_SSH)".
    """
    parts: dict[str, list[str]] = {}
    variables: dict[str, list[str]] = {}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            place, _, part = name.partition(": ")
            parts.setdefault(place, []).extend([part] if part else [])
            variables.setdefault(place, []).extend(_variable(page, place, part))
    listed = ", ".join(
        f"{place} ({', '.join(of)}{_listed(variables[place])})" if of else place for place, of in parts.items()
    )
    return f"the environment has changed since the run started: {listed}"


def _listed(variables: list[str]) -> str:
    return f": {', '.join(dict.fromkeys(variables))}" if variables else ""


def _variable(page: Page, place: str, part: str) -> list[str]:
    """The variable that leads to a part of a place; none for the bot's own machine."""
    kind, _, name = place.partition(" ")
    found = ""
    if kind == "host" and (host := page.places.hosts.get(name)):
        ways = {"host key": host.known_hosts, "PATH": host.path or ""}
        found = ways.get(part) or ("" if host.is_local else host.only_address)
    elif kind == "database" and (database := page.places.databases.get(name)):
        found = database.url
    elif kind == "web" and (web := page.places.webs.get(name)):
        found = web.only_url
    return [found] if found else []


def _put_back(store: RecordStore, record: Record, at: datetime, *, resume: bool) -> None:
    summary = "the environment leads to the same places as before"
    event = NewEvent(data=EnvironmentChanged(summary=summary, restored=True, waits=not resume))
    if not resume:
        store.add_events(record.run.id, at, event)
        return
    number = sum(isinstance(fact, Resume) for fact in record.facts)
    fact = Resume(by=BOT, at=at, number=number, reason="the environment is as before again")
    store.add_fact(record.run.id, fact, event)


def _was_held(record: Record) -> bool:
    """Whether a person had put the run on hold before the environment changed."""
    others: tuple[Fact, ...] = tuple(fact for fact in record.facts if not isinstance(fact, EnvironmentHold))
    return hold_of(Record(run=record.run, attempts=(), facts=others)) is not None

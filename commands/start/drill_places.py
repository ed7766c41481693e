"""The hosts of drills: never those of an active run, and a run sets drills aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from commands.text.actors import door_in_words
from state.errors import Refused
from state.events import RollbackRequested
from state.facts import BOT, RollbackRequest
from state.records import ACTIVE, NewEvent, Run
from state.store import RecordStore

_NOTHING = "e3b0c44298fc1c14"  # the fingerprint of an empty text, as of a host whose key is not known


def require_hosts_free(store: RecordStore, places: Mapping[str, str]) -> None:
    """Raise Refused if another run is active on one of these hosts or databases. `places` are fingerprints."""
    for run in store.active_runs():
        if _shared(places.items(), run.places):
            raise Refused(
                f"Run {run.id} of {run.target} is active on the same hosts, so no drill can begin there. "
                "Start it when that run is over."
            )


def set_drills_aside(store: RecordStore, run: Run, at: datetime) -> None:
    """Roll back every drill on the hosts of a run that starts: a drill never keeps it waiting."""
    for drill in store.active_runs():
        if drill.drill and drill.id != run.id and _shared(drill.places, run.places):
            why = f"run {run.id} of {run.target} starts on the same hosts"
            requested = RollbackRequested(person=BOT.person, door=door_in_words(BOT), reason=why)
            fact = RollbackRequest(by=BOT, at=at, reason=why)
            store.add_fact(drill.id, fact, NewEvent(data=requested), only_in=ACTIVE)


def _shared(one: Iterable[tuple[str, str]], other: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """What two runs have in common: addresses and keys of hosts, and addresses of databases with their names."""
    return _reached(dict(one)) & _reached(dict(other))


def _reached(places: Mapping[str, str]) -> set[tuple[str, str]]:
    found = set()
    for name, digest in places.items():
        place, _, part = name.partition(": ")
        if digest != _NOTHING and place.startswith("host ") and part in {"address", "host key"}:
            found.add((part, digest))
        if place.startswith("database ") and part == "address":
            found.add(("database", f"{digest} {places.get(f'{place}: path', '')}"))
    return found

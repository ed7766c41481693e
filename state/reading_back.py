"""Reads what happened in a mirror of a run into the record, once the record is there again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path

from state.errors import BadRecord, Refused
from state.events import MirrorRead
from state.frozen import dataclass
from state.journal import Entry, find_changes
from state.mirror_notes import notes_of, set_taken
from state.records import Event, NewEvent, RunState
from state.store import RecordStore
from state.store.database import Database, Tables
from state.store.entries import row_of_entry
from state.store.journal import read_chain
from state.store.replay import Mirrored


@dataclass(frozen=True, kw_only=True)
class ReadBack:
    """What was read: how many entries of the mirror's journal were new, and the state that the run has now."""

    run: int
    entries: int
    state: RunState


def read_back(mirror: Database, file: Path, store: RecordStore, at: datetime) -> ReadBack:
    """Read what a mirror has beyond the record into it, and free the mirror. A second time changes nothing.

    The mirror's journal must be whole, and go on from the record's own. All of it is one write. Raises BadRecord, and
    Refused without the record's key.
    """
    run = notes_of(mirror, file).run
    if problem := store.key_problem():
        raise Refused(
            f"{problem} What is read is signed with it. Set GONOGO_RECORD_KEY or GONOGO_RECORD_KEY_FILE as for the bot."
        )
    chain = read_chain(mirror, run).chain()
    if changes := find_changes(chain, store.key):
        raise BadRecord(
            f"The mirror {file} is not as the bot wrote it: {changes[0]}. Nothing of it was read into the record. What "
            f"it says can be read with `GONOGO_STATE={file} gonogo log`; `gonogo end {run}` closes the run."
        )
    new = _beyond(chain.entries, store, run, file)
    if new:
        store.take_in(run, _rows(mirror, run, new), at, _told(new))
        if changed := store.changes(run):
            raise BadRecord(f"Run {run} was read from {file}, but its journal is not whole: {changed[0]}.")
    set_taken(mirror, None)
    return ReadBack(run=run, entries=len(new), state=store.run(run).state)


def _beyond(entries: tuple[Entry, ...], store: RecordStore, run: int, file: Path) -> tuple[Entry, ...]:
    """The entries of a mirror that the record has not, nor took in before."""
    known = {entry.number: entry.hash for entry in store.chain(run).entries}
    common = len(list(takewhile(lambda entry: known.get(entry.number) == entry.hash, entries)))
    if not common:
        raise BadRecord(
            f"The record does not hold the run of the mirror {file}, so nothing was read. GONOGO_STATE must name the "
            "record that the run was written to."
        )
    read = {event.data.hash for event in _events(store, run) if isinstance(event.data, MirrorRead)}
    numbers = [place for place, entry in enumerate(entries, start=1) if entry.hash in read]
    return entries[max([common, *numbers]) :]


def _events(store: RecordStore, run: int) -> Iterator[Event]:
    after = 0
    while events := store.events(run, after):
        yield from events
        after = events[-1].id


def _rows(mirror: Tables, run: int, entries: tuple[Entry, ...]) -> list[Mirrored]:
    found = [(entry, row_of_entry(mirror, run, entry.kind, entry.ref)) for entry in entries]
    return [Mirrored(kind=entry.kind, table=one[0], row=dict(one[1])) for entry, one in found if one]


def _told(entries: tuple[Entry, ...]) -> NewEvent:
    """The event that tells of it, before what was read. Reading the same entries again would store it again."""
    last = entries[-1].hash
    return NewEvent(data=MirrorRead(entries=len(entries), hash=last), once=f"mirror:{last}")

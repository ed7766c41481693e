"""Converts runs, attempts, facts, events and clock jumps to rows of the record and back."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import Any, get_type_hints

from state.events import event_from
from state.facts import FACTS, Actor, Choice, Door, Fact, FactKind
from state.records import NO_TIME, Attempt, AttemptState, Event, NewEvent, Position, Run, RunState
from state.store.database import Row
from state.true_times import ClockJump

_STATES = {state.value: state for state in AttemptState}
_COLUMNS = {"by", "at"}  # fields of facts that have columns of their own
_PAIRS = {"evidence", "places"}  # fields of facts that are tuples of pairs
_TUPLES = {"roles", "covers"}  # and those that are tuples of texts or numbers
_RUN = {field.name for field in fields(Run)}
_OF_RUN = {name: kind for name, kind in get_type_hints(Run).items() if kind in {int, float, str}}


def clean(value: Any) -> Any:
    """The value with every string in it valid in UTF-8: half an emoji, as in cut output, becomes a question mark."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    return value


def event_row(event: NewEvent) -> dict[str, Any]:
    """An event as columns, without its run and time."""
    data = event.data
    stored = json.dumps(clean(data.to_stored()), ensure_ascii=False, sort_keys=True)
    return {"kind": data.stored_kind, "step": event.step, "data": stored, "once": event.once}


def attempt_row(attempt: Attempt) -> dict[str, Any]:
    """An attempt as columns, without its run."""
    return {
        "step": attempt.step,
        "attempt": attempt.attempt,
        "state": attempt.state.value,
        "began_at": attempt.began_at.isoformat(),
        "ended_at": attempt.ended_at.isoformat() if attempt.ended_at else None,
        "summary": clean(attempt.summary),
        "outcome": json.dumps(clean(attempt.outcome)),
    }


def fact_row(fact: Fact) -> dict[str, Any]:
    """A fact as columns, without its run."""
    data = {field.name: getattr(fact, field.name) for field in fields(fact) if field.name not in _COLUMNS}
    data = {name: value.total_seconds() if isinstance(value, timedelta) else value for name, value in data.items()}
    return {
        "kind": fact.kind.value,
        "key": clean(fact.key),
        "person": clean(fact.by.person),
        "door": fact.by.door.value,
        "account": clean(fact.by.account),
        "claimed": int(fact.by.claimed),
        "at": fact.at.isoformat(),
        "data": json.dumps(clean(data), ensure_ascii=False, sort_keys=True),
    }


def jump_row(jump: ClockJump) -> dict[str, Any]:
    """A clock jump as columns, without its run."""
    after = {name: sorted(numbers) for name, numbers in jump.after.items()}
    position = jump.position
    return {
        "seconds": jump.by.total_seconds(),
        "attempt": position.attempt,
        "fact": position.fact,
        "event": position.event,
        "after": json.dumps(after),
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def to_run(row: Row) -> Run:
    """A run from its row, with its times as written. Raises TypeError, too: SQLite lets any column hold any type."""
    if wrong := _of_another_type(dict(row)):
        raise TypeError(wrong[0])
    began = datetime.fromisoformat(row["began_at"])
    values = {
        **{name: value for name, value in dict(row).items() if name in _RUN},  # a newer version may add columns
        "state": RunState(row["state"]),
        "began_at": began,
        "ended_at": _time(row["ended_at"]),
        "places": tuple(json.loads(row["places"]).items()),
    }
    return Run(key=f"run-{row['id']}-{began.astimezone(UTC):%Y%m%dT%H%M%S%f}", **values)


def to_run_in_part(row: Row) -> Run:
    """An active run whose row cannot be read in full: its state, its texts, and nothing for what is none."""
    values = {**dict(row), "began_at": NO_TIME.isoformat(), "ended_at": None, "places": "{}"}
    return to_run({**values, **{name: _OF_RUN[name](1) for name in _of_another_type(values)}})


def _of_another_type(row: dict[str, Any]) -> list[str]:
    return [name for name, kind in _OF_RUN.items() if name in row and type(row[name]) is not kind]


def to_attempt(row: Row) -> tuple[int, Attempt]:
    """An attempt's number in the file, and the attempt with its times as written."""
    ended = row["ended_at"]
    return row["number"], Attempt(
        step=intern(row["step"]),
        attempt=row["attempt"],
        state=_STATES[row["state"]],
        began_at=datetime.fromisoformat(row["began_at"]),
        ended_at=datetime.fromisoformat(ended) if ended else None,
        summary=row["summary"],
        outcome=json.loads(row["outcome"], object_pairs_hook=_with_shared_names),
        progress=row["progress"],
        written_at=row["began_at"],
    )


def _with_shared_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose names are kept once for all samples of a watch."""
    return {intern(name): value for name, value in pairs}


def to_actor(row: Row) -> Actor:
    """Who acted, by the row of a fact or a freeze. Raises ValueError for an unknown door."""
    return Actor(person=row["person"], door=Door(row["door"]), account=row["account"], claimed=bool(row["claimed"]))


def to_fact(row: Row) -> tuple[int, Fact]:
    """A fact's number in the file, and the fact with its time as written."""
    data = json.loads(row["data"])
    if "choice" in data:
        data["choice"] = Choice(data["choice"])
    if "lasts" in data:
        data["lasts"] = timedelta(seconds=data["lasts"])
    for name in _PAIRS & data.keys():
        data[name] = tuple((str(key), str(value)) for key, value in data[name])
    for name in _TUPLES & data.keys():
        data[name] = tuple(data[name])
    return row["id"], FACTS[FactKind(row["kind"])](by=to_actor(row), at=datetime.fromisoformat(row["at"]), **data)


def to_event(row: Row) -> Event:
    """An event from its row, with its time as written."""
    return Event(
        id=row["id"],
        run=row["run"],
        at=datetime.fromisoformat(row["at"]),
        step=row["step"],
        data=event_from(row["kind"], json.loads(row["data"])),
        entry=row["entry"] or 0,
        hash=row["hash"] or "",
    )


def to_jump(row: Row) -> ClockJump:
    """A clock jump from its row."""
    after = {name: frozenset(numbers) for name, numbers in json.loads(row["after"]).items()}
    position = Position(attempt=row["attempt"], fact=row["fact"], event=row["event"])
    return ClockJump(by=timedelta(seconds=row["seconds"]), position=position, after=after)

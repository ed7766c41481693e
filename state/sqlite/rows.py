"""Between the record's rows and its values: texts made fit for the file, rows read back, and the hash of an event."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import Any

from state.records import Event, Fact, News, Run, Step


def clean(value: Any) -> Any:
    """The value with every text in it fit for UTF-8: half an emoji, as broken output holds it, becomes a question mark."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    return value


def clean_news(news: News) -> News:
    """An event about to be written, with its texts cleaned."""
    return replace(news, data=clean(news.data))


def event_hash(row: dict[str, Any]) -> str:
    """The hash of an event's row: its content chained to the hash of the event before it."""
    parts = [row[name] for name in ("before", "run", "at", "kind", "step", "data")]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def to_run(row: sqlite3.Row) -> Run:
    """A run from its row."""
    return Run(**{**dict(row), "began_at": _time(row["began_at"]), "ended_at": _time(row["ended_at"])})


def to_step(row: sqlite3.Row) -> Step:
    """An attempt from its row."""
    values = dict(row)
    del values["run"]
    times = {"began_at": _time(row["began_at"]), "ended_at": _time(row["ended_at"])}
    return Step(**{**values, **times, "outcome": json.loads(row["outcome"])})


def to_fact(row: sqlite3.Row) -> Fact:
    """A fact from its row."""
    values = {**dict(row), "at": _time(row["at"])}
    del values["id"], values["run"]
    return Fact(**values)


def to_event(row: sqlite3.Row) -> Event:
    """An event from its row."""
    values = {**dict(row), "at": _time(row["at"]), "data": json.loads(row["data"])}
    del values["once"]
    return Event(**values)

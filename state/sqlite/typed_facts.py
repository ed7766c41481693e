"""The fourth migration: facts with the fields of their kind, attempts with numbers, and jumps of the clock in a table of their own.

Before, one table held for every fact the same eleven texts, and its kinds used them as they needed: a countdown's alert stood
under "step", a jump's details as JSON under "reason", and an early KEEP was an answer with the attempt 0.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any

_SHAPE = (
    "ALTER TABLE runs RENAME COLUMN countdown TO notice_minutes",
    "ALTER TABLE runs RENAME COLUMN loses TO rollback_loss",
    """CREATE TABLE attempts (
        number INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id),
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        state TEXT NOT NULL,
        began_at TEXT NOT NULL,
        ended_at TEXT,
        summary TEXT NOT NULL,
        outcome TEXT NOT NULL,
        progress TEXT NOT NULL DEFAULT '',
        UNIQUE (run, step, attempt)
    )""",
    """INSERT INTO attempts
        SELECT rowid, run, step, attempt, state, began_at, ended_at, says, outcome, progress FROM steps ORDER BY rowid""",
    "DROP TABLE steps",
    "DROP TRIGGER facts_are_only_added",
    "DROP TRIGGER facts_are_kept",
    "ALTER TABLE facts RENAME TO old_facts",
    """CREATE TABLE facts (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id),
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        person TEXT NOT NULL,
        door TEXT NOT NULL,
        at TEXT NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (run, key)
    )""",
    """CREATE TABLE clock_jumps (
        run INTEGER NOT NULL REFERENCES runs (id),
        seconds REAL NOT NULL,
        attempt INTEGER NOT NULL,
        fact INTEGER NOT NULL,
        event INTEGER NOT NULL,
        after TEXT NOT NULL
    )""",
)
_GUARDS = (
    "DROP TABLE old_facts",
    """CREATE TRIGGER facts_are_only_added BEFORE UPDATE ON facts
        BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END""",
    "CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END",
)
_TIMESTAMPS = ("restarted_at", "let_in_at")  # the only values that were moments by the bot's own clock
_DECISION = "the decision"
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}

Old = sqlite3.Row
Typed = tuple[str, dict[str, Any]]


def type_facts(connection: sqlite3.Connection) -> None:
    """Bring a record of the third shape to the fourth, within the caller's transaction."""
    for statement in _SHAPE:
        connection.execute(statement)
    _name_outcomes(connection)
    for row in connection.execute("SELECT * FROM old_facts ORDER BY id").fetchall():
        if row["kind"] == "clock":
            _keep_jump(connection, row)
        else:
            _keep_fact(connection, row)
    for statement in _GUARDS:
        connection.execute(statement)


def _name_outcomes(connection: sqlite3.Connection) -> None:
    for number, text in connection.execute("SELECT number, outcome FROM attempts").fetchall():
        outcome = json.loads(text)
        if outcome.pop("unasked", False):
            outcome["inconclusive"] = True
        values = outcome.get("values", {})
        if moments := {name: values.pop(name) for name in _TIMESTAMPS if name in values}:
            outcome["timestamps"] = moments
        connection.execute("UPDATE attempts SET outcome = ? WHERE number = ?", (json.dumps(outcome), number))


def _keep_fact(connection: sqlite3.Connection, row: Old) -> None:
    kind, data = (_EARLY if row["step"] == _DECISION else {}).get(row["kind"], _TYPED[row["kind"]])(row)
    key = kind if row["step"] == _DECISION else row["once"]
    values = (row["id"], row["run"], kind, key, row["person"], row["via"], row["at"], json.dumps(data))
    connection.execute("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def _keep_jump(connection: sqlite3.Connection, row: Old) -> None:
    """The places in the record become numbers in the file; all jumps before are facts among those places."""
    run = row["run"]
    attempts = [n for (n,) in connection.execute("SELECT number FROM attempts WHERE run = ? ORDER BY number", (run,))]
    facts = [n for (n,) in connection.execute("SELECT id FROM old_facts WHERE run = ? ORDER BY id", (run,))]
    after = json.loads(row["reason"]) if row["reason"] else {}
    begun = attempts[: row["attempt"]]
    event = connection.execute(
        "SELECT COALESCE(MAX(id), 0) FROM events WHERE run = ? AND at <= ? AND kind <> 'clock'", (run, row["at"])
    ).fetchone()[0]
    numbers = {
        "began": [],
        "ended": [attempts[place] for place in after.get("ended", []) if place < len(attempts)],
        "said": [facts[place] for place in after.get("said", []) if place < len(facts)],
        "told": [],
    }
    values = (run, float(row["said"]), begun[-1] if begun else 0, row["id"], event, json.dumps(numbers))
    connection.execute("INSERT INTO clock_jumps VALUES (?, ?, ?, ?, ?, ?)", values)


def _seconds(text: str) -> float:
    """A duration as people write it ("1 h 30 min") in seconds."""
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([\d.]+)\s*([a-z]+)", text))


def _number(once: str) -> int:
    last = once.rpartition(":")[2]
    return int(last) if last.isdigit() else 0


def _attempt(row: Old) -> dict[str, Any]:
    return {"step": row["step"], "attempt": row["attempt"]}


def _alert(row: Old) -> dict[str, Any]:
    return {"alert": row["step"], "number": row["attempt"]}


_EARLY: dict[str, Callable[[Old], Typed]] = {
    "answer": lambda row: ("early keep", {"reason": row["reason"]}),
    "second": lambda _: ("early keep agreed", {}),
}
_TYPED: dict[str, Callable[[Old], Typed]] = {
    "sign": lambda row: (
        "sign",
        {**_attempt(row), "role": row["role"], "refused": row["said"] == "no", "reason": row["reason"]},
    ),
    "answer": lambda row: ("answer", {**_attempt(row), "choice": row["said"], "reason": row["reason"]}),
    "second": lambda row: ("second", _attempt(row)),
    "hold": lambda row: ("hold", {"number": _number(row["once"]), "reason": row["reason"]}),
    "resume": lambda row: ("resume", {"number": _number(row["once"]), "reason": row["reason"]}),
    "rollback": lambda row: ("rollback", {"reason": row["reason"]}),
    "keep": lambda row: ("keep", {"reason": row["reason"]}),
    "end": lambda row: ("end", {"reason": row["reason"]}),
    "next": lambda row: ("next", {"page": row["said"]}),
    "countdown": lambda row: ("countdown", {**_alert(row), "seen": row["reason"]}),
    "false alarm": lambda row: (
        "false alarm",
        {**_alert(row), "lasts": _seconds(row["said"]), "reason": row["reason"]},
    ),
    "recovered": lambda row: ("recovered", {**_alert(row), "why": row["reason"]}),
}

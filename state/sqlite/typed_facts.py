"""The fourth migration: typed facts, numbered attempts, and a table of clock jumps.

In version 3 all kinds of facts shared the same columns: a countdown's alert was in "step", a hold's length in "said",
the details of a clock jump were JSON in "reason", and an early KEEP was an answer to attempt 0 of "the decision".
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from typing import Any

_TABLES = (
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
        SELECT rowid, run, step, attempt, state, began_at, ended_at, says, outcome, progress
        FROM steps ORDER BY rowid""",
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
_TRIGGERS = (
    "DROP TABLE old_facts",
    """CREATE TRIGGER facts_are_only_added BEFORE UPDATE ON facts
        BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END""",
    "CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'facts are only ever added'); END",
)
_TIMESTAMPS = ("restarted_at", "let_in_at")  # the only values that were times by the bot's own clock
_DECISION = "the decision"
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}

OldFact = sqlite3.Row
TypedFact = tuple[str, dict[str, Any]]  # its kind and its data


def type_facts(connection: sqlite3.Connection) -> None:
    """Migrate a record from version 3 to version 4, within the caller's transaction."""
    for statement in _TABLES:
        connection.execute(statement)
    _migrate_outcomes(connection)
    for row in connection.execute("SELECT * FROM old_facts ORDER BY id").fetchall():
        if row["kind"] == "clock":
            _migrate_jump(connection, row)
        else:
            _migrate_fact(connection, row)
    for statement in _TRIGGERS:
        connection.execute(statement)


def _migrate_outcomes(connection: sqlite3.Connection) -> None:
    for number, text in connection.execute("SELECT number, outcome FROM attempts").fetchall():
        outcome = json.loads(text)
        if outcome.pop("unasked", False):
            outcome["inconclusive"] = True
        values = outcome.get("values", {})
        if timestamps := {name: values.pop(name) for name in _TIMESTAMPS if name in values}:
            outcome["timestamps"] = timestamps
        connection.execute("UPDATE attempts SET outcome = ? WHERE number = ?", (json.dumps(outcome), number))


def _migrate_fact(connection: sqlite3.Connection, row: OldFact) -> None:
    early = row["step"] == _DECISION
    kind, data = (_EARLY_KEEP if early else _TYPED)[row["kind"]](row)
    key = kind if early else row["once"]
    values = (row["id"], row["run"], kind, key, row["person"], row["via"], row["at"], json.dumps(data))
    connection.execute("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def _migrate_jump(connection: sqlite3.Connection, row: OldFact) -> None:
    """Store a clock jump. Version 3 named attempts and facts by their place in the run, counted from 0."""
    run = row["run"]
    attempts = [n for (n,) in connection.execute("SELECT number FROM attempts WHERE run = ? ORDER BY number", (run,))]
    facts = [n for (n,) in connection.execute("SELECT id FROM old_facts WHERE run = ? ORDER BY id", (run,))]
    places = json.loads(row["reason"]) if row["reason"] else {}
    begun = attempts[: row["attempt"]]
    after = {
        "began": [],
        "ended": [attempts[place] for place in places.get("ended", []) if place < len(attempts)],
        "said": [facts[place] for place in places.get("said", []) if place < len(facts)],
        "told": [],
    }
    # not the jump's own number, which the next new fact may get: the jump is no fact any more
    (fact,) = connection.execute(
        "SELECT COALESCE(MAX(id), 0) FROM old_facts WHERE run = ? AND id < ? AND kind <> 'clock'", (run, row["id"])
    ).fetchone()
    # version 3 wrote a jump and its event in one transaction, with the same time
    (event,) = connection.execute(
        "SELECT COALESCE(MIN(id), 1) - 1 FROM events WHERE run = ? AND kind = 'clock' AND at = ?", (run, row["at"])
    ).fetchone()
    values = (run, float(row["said"]), begun[-1] if begun else 0, fact, event, json.dumps(after))
    connection.execute("INSERT INTO clock_jumps VALUES (?, ?, ?, ?, ?, ?)", values)


def _seconds(text: str) -> float:
    """A duration in words ("1 h 30 min") in seconds."""
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([\d.]+)\s*([a-z]+)", text))


def _number(once: str) -> int:
    """The number of a hold or resume, from its key in version 3: hold:0."""
    last = once.rpartition(":")[2]
    return int(last) if last.isdigit() else 0


def _attempt(row: OldFact) -> dict[str, Any]:
    return {"step": row["step"], "attempt": row["attempt"]}


def _alert(row: OldFact) -> dict[str, Any]:
    return {"alert": row["step"], "number": row["attempt"]}


_EARLY_KEEP: dict[str, Callable[[OldFact], TypedFact]] = {
    "answer": lambda row: ("early keep", {"reason": row["reason"]}),
    "second": lambda _: ("early keep agreed", {}),
}
_TYPED: dict[str, Callable[[OldFact], TypedFact]] = {
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

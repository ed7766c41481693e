"""Somebody who changes a state file by hand, past the bot and past the file's own triggers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def by_hand(path: Path, sql: str, *values: Any) -> None:
    """Carry out statements on the file without its triggers, in one write; all of them get the same values."""
    with closing(sqlite3.connect(path, isolation_level=None)) as forger:
        forger.execute("BEGIN IMMEDIATE")  # a runner that looks in between would see that the triggers are gone
        triggers = forger.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            forger.execute(f"DROP TRIGGER {name}")
        for statement in sql.split(";"):
            forger.execute(statement, values)
        for _, trigger in triggers:
            forger.execute(trigger)
        forger.execute("COMMIT")

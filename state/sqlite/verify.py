"""Tells for each run of a state file whether it was changed from outside; only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from state.errors import BadRecord
from state.journal import Chain, EntryKind, Head, RecordKey, unsigned_stops
from state.sqlite.journal import (
    RECORD,
    any_text,
    chain_changes,
    head_problem,
    is_older,
    newest_older,
    read_chain,
    to_head,
)
from state.sqlite.migrations import MIGRATIONS
from state.sqlite.schema import schema_changes

MOST = 20  # changes of the list of runs that are named


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What `verify` found out about a run, or about the list of runs (`run` 0).

    `covered` is False for a run that is older than the journal. `found` is True for one that was under way when the
    journal began. `changes` are sentences, the first entry first. `unsigned_stops` are entries that somebody wrote
    without the key; they only stop the run.
    """

    run: int
    chain: Chain | None = None
    covered: bool = True
    found: bool = False
    changes: tuple[str, ...] = ()
    unsigned_stops: tuple[str, ...] = ()
    card: tuple[str, str] | None = None  # Slack's channel and ts of the run's card

    @property
    def entries(self) -> int:
        """How many entries its journal has."""
        return len(self.chain.entries) if self.chain else 0


def verify_file(path: Path, key: RecordKey | None, run: int = 0) -> list[Verdict]:
    """The verdict on one run, or on the list of runs and then on each. Raises BadRecord."""
    try:
        with closing(_open(path)) as connection:
            connection.execute("BEGIN")
            record = _record(connection)
            return list(_verdicts(connection, record, key, run))
    except sqlite3.Error as error:
        raise BadRecord(f"The state file {path} cannot be verified ({error}).") from None


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise BadRecord(f"There is no state file {path.absolute()}. Set GONOGO_STATE to the bot's state file.")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)
    connection.row_factory = sqlite3.Row
    connection.text_factory = any_text
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version != len(MIGRATIONS):
        connection.close()
        advice = "An older one is migrated by `gonogo serve`; for a newer one, upgrade gonogo."
        raise BadRecord(f"{path} has schema version {version}; this gonogo verifies {len(MIGRATIONS)}. {advice}")
    return connection


def _record(connection: sqlite3.Connection) -> Head | None:
    rows = connection.execute("SELECT * FROM journal_heads WHERE run = ?", (RECORD,)).fetchall()
    return to_head(rows[0]) if rows else None


def _verdicts(
    connection: sqlite3.Connection, record: Head | None, key: RecordKey | None, run: int
) -> Iterator[Verdict]:
    ids = "SELECT id AS n FROM runs UNION SELECT run FROM journal UNION SELECT run FROM journal_heads ORDER BY n"
    numbers = [row["n"] for row in connection.execute(ids) if row["n"] != RECORD]
    runs = {row["id"] for row in connection.execute("SELECT id FROM runs")}
    if run == 0:
        foreign = [str(change) for change in schema_changes(connection)]
        yield Verdict(run=RECORD, changes=(*foreign, *_changes_of_record(connection, record, key, runs)))
    for number in [run] if run else numbers:
        chain = read_chain(connection, number).chain()
        # a list of runs with another key is reported as such, and not as changes of every run before the journal
        ours = key if key and record and record.key == key.id else None
        covered = bool(chain.entries or chain.head) or not is_older(number, record, ours)
        found = bool(chain.entries) and chain.entries[0].kind == EntryKind.FOUND
        changes = [str(change) for change in chain_changes(chain, record, key)] if covered else []
        if number not in runs:
            known = covered and record and number <= record.number
            changes = [f"run {number} was removed" if known else f"there is no run {number}"]
        posts = connection.execute("SELECT channel, ts FROM posts WHERE run = ? AND event = 0", (number,)).fetchall()
        card = (str(posts[0]["channel"]), str(posts[0]["ts"])) if posts else None
        stops = tuple(str(stop) for stop in unsigned_stops(chain))
        yield Verdict(
            run=number,
            chain=chain,
            covered=covered,
            found=found,
            changes=tuple(changes),
            unsigned_stops=stops,
            card=card,
        )


def _changes_of_record(
    connection: sqlite3.Connection, record: Head | None, key: RecordKey | None, runs: set[int]
) -> Iterator[str]:
    if record is None:
        if runs or connection.execute("SELECT 1 FROM journal_heads UNION SELECT 1 FROM journal").fetchone():
            yield "the list of runs was removed from the journal"
        return
    if key and record.key != key.id:
        yield f"the list of runs was written with another key ({record.key or 'none'})"
    elif head_problem(record, key):
        yield "the list of runs was altered"
    removed = (number for number in range(newest_older(record) + 1, record.number + 1) if number not in runs)
    yield from (f"run {number} was removed" for number in islice(removed, MOST))
    added = (number for number in sorted(runs) if number > record.number)
    yield from (f"run {number} was added: the journal does not know it" for number in islice(added, MOST))

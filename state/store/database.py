"""What the store asks of its database: rows, transactions, and word of what others write."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from state.journal import Change


class RowExists(Exception):
    """A row with this key exists already, or a rule of the database refuses it."""


class Duty(StrEnum):
    """What one bot does for a run. Another bot may have another duty for it at the same time."""

    RUN = "run"  # carries it out
    POSTS = "posts"  # posts it to Slack
    EVENTS = "events"  # sends its events to the address of GONOGO_EVENTS_URL
    TRACES = "traces"  # sends its traces


def written(writes: Counter[int], run: int | None) -> int:
    """How many of the writes, counted by run, belong to a run or to none; all of them without a `run`."""
    if run is None:
        return writes.total()
    return writes[0] + writes[run] if run else writes[0]


class Row(Protocol):
    """A row by the names of its columns; `dict(row)` is all of it."""

    def keys(self) -> Iterable[str]:
        """The names of its columns."""
        ...

    def __getitem__(self, name: str, /) -> Any: ...


class Tables(Protocol):
    """The tables of a record, to read. Every method raises BadRecord if they cannot be read now.

    SQL has `?` where a value goes, and is understood by every database that a record may be in.
    """

    def rows(self, sql: str, *values: Any, errors: str = "strict") -> Sequence[Row]:
        """The rows of a query. `errors` is what becomes of a text that is no UTF-8, as in `bytes.decode`."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Inside the block all reads of this thread see one moment; other threads wait."""
        ...

    def schema_changes(self) -> list[Change]:
        """What in the tables, indexes and triggers is not as the bot made it."""
        ...


class Database(Tables, Protocol):
    """The tables of a record, to read and write; all threads share it.

    `changed` is notified after every write of this process, and of others where the database tells of them. `serving`:
    this process carries out runs. `name` says where the record is, without a secret.
    """

    changed: threading.Condition
    name: str

    @property
    def serving(self) -> bool:
        """Whether this process carries out the record's runs."""
        ...

    def write(self, run: int = 0, also: int = 0) -> AbstractContextManager[None]:
        """Inside the block is one transaction, all or nothing, and the only one that writes to this run.

        `run` is 0 where the write belongs to no run, or begins one; then it may `also` write to one other run.
        Raises RowExists, and BadRecord.
        """
        ...

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Add a row, within `write`; returns its number where the table numbers its rows."""
        ...

    def insert_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add many rows with the same columns, within `write`."""
        ...

    def number_on(self) -> None:
        """Number further rows after those that were added with numbers of their own, within `write`."""
        ...

    def execute(self, sql: str, *values: Any) -> None:
        """Carry out a statement, within `write`."""
        ...

    def version(self, run: int | None = None) -> tuple[int, int]:
        """Two numbers: one changes with every write of another process, one with every write of this one.

        With a `run` the writes to other runs do not count, as far as the database tells them apart; with 0 only those
        count that belong to no run, or begin one.
        """
        ...

    def others_in_force(self) -> bool:
        """Whether another bot serves with what is in force."""
        ...

    def hold_in_force(self) -> None:
        """Serve with what is in force, within `write`, until this session with the database ends."""
        ...

    def is_in_force(self) -> bool:
        """Whether this bot does."""
        ...

    def clock_offset(self) -> timedelta:
        """What the time of day of all bots of the record is ahead of this machine's."""
        ...

    def own(self, run: int, duty: Duty = Duty.RUN) -> Database | None:
        """The same tables as the bot that has this duty for a run uses them; None while another bot has it.

        Once another bot takes it, every method of them raises NotOwner.
        """
        ...

    def owned_elsewhere(self, duty: Duty = Duty.RUN) -> frozenset[int]:
        """The runs for which another bot has this duty now."""
        ...

    def release(self, run: int, duty: Duty = Duty.RUN) -> None:
        """Let another bot have this duty for a run; does nothing where this one does not have it."""
        ...

    def posting_bots(self) -> tuple[int, dict[str, int]]:
        """How many bots post runs now, in all and to each channel."""
        ...

    def hand_over(self, runs: Iterable[int], duty: Duty = Duty.RUN) -> None:
        """Let other bots have this duty for these runs, and wake them: this one leaves."""
        ...

    def alone(self, run: int) -> AbstractContextManager[None]:
        """Inside the block no bot carries out the run. Raises BadRecord if one does."""
        ...

    def require_lock(self) -> None:
        """Raise BadRecord if this process served the record, and another one may serve it in its place now.

        The owner's view of a run raises NotOwner if another bot has taken that run.
        """
        ...

    def close(self) -> None:
        """Leave the record. Whoever reads or writes after that gets BadRecord."""
        ...

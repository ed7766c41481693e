"""Databases: read-only queries, and SQL files that are applied once."""

from __future__ import annotations

from threading import Event
from typing import Any, Protocol

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.shell import OutputListener, ignore_output
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The result of a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One SQL file, applied in one transaction together with its receipt (`key`). Times are in seconds."""

    key: str
    name: str
    text: str
    lock_timeout: float
    limit: float
    receipt: bool = True


@dataclass(frozen=True, kw_only=True)
class MigrationResult:
    """How a migration went. `already`: its receipt was there, so nothing was applied.

    `skipped`: what IF NOT EXISTS left as it was, in the server's words; it may differ from the file.
    """

    already: bool
    seconds: float
    skipped: tuple[str, ...] = ()


class Database(Protocol):
    """Databases."""

    def query(self, database: str, sql: Text, *, limit: float = 30, in_any_zone: bool = False) -> Rows:
        """Run one statement that only reads, in a read-only transaction. Values are its parameters.

        With `in_any_zone`, the answer must be the same in the database's time zone and in UTC: a timestamp without a
        time zone does not say whose time it is. Raises Unreachable, Failed (also for a statement that is not sent,
        because it could change something).
        """

    def apply(
        self, database: str, migration: Migration, *, stop: Event, on_output: OutputListener = ignore_output
    ) -> MigrationResult:
        """Apply a file once, all or nothing. `on_output` gets the running statement and the holder of a blocking lock.

        Raises Unreachable, Failed (rolled back; the message quotes the failing statement and its line), Stopped
        (cancelled and rolled back), LostTrack (the connection broke; the file may have been committed).
        """

    def has_receipt(self, database: str, key: str, *, limit: float = 30) -> bool:
        """Wait for any session that is applying this key, then check for its receipt. Raises Unreachable, Failed."""

    def identity(self, database: str) -> str:
        """What tells a server and its database from every other, also from a standby or a clone.

        Raises Unreachable, Failed (also if the address leads to a pooler that gives one session's settings to another).
        """

    def names_at(self, address: DatabaseAddress, *, only: bool = False) -> tuple[str, ...]:
        """The page's databases with this address. If none has it, all of the page's databases; with `only` none."""

"""The PostgreSQL of a record that several bots share, away from the target's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres
from state.postgres.numbers import OWNER as OWNER_LOCK

DATABASE = "record"
# the ports from which PostgreSQL sees the session come that holds a lock on a run
_HOLDER = """
SELECT client_port FROM pg_stat_activity WHERE pid IN (
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


class RecordServer(Postgres):
    """A cluster of its own with one empty database."""

    def __init__(self, folder: Path, cache: Path) -> None:
        for name in ("logs", "home"):
            (folder / name).mkdir(parents=True)
        super().__init__(Host(folder, cache))

    def begin(self) -> None:
        """Start it, and make the database of the record."""
        self.start()
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}".encode())

    def end(self) -> None:
        """Stop it for good."""
        self.stop()
        self.host.stop_processes()

    def address(self, port: int = 0) -> str:
        """The record's address; with a port, that of a proxy which listens there."""
        return self.url(OWNER, DATABASE).replace(f":{self.port}/", f":{port or self.port}/")

    def owner_port(self, run: int, lock: int = OWNER_LOCK) -> int:
        """The port from which the owner of a run comes; 0 where nobody owns it, or PostgreSQL is away."""
        try:
            with psycopg.connect(self.url(SUPERUSER, DATABASE), connect_timeout=5) as connection:
                row = connection.execute(_HOLDER, (lock, run)).fetchone()
        except (psycopg.Error, subprocess.SubprocessError):
            return 0
        return int(row[0]) if row else 0

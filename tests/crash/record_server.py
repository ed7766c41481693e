"""The PostgreSQL of a record: it restarts, goes away, hands over to a standby, and says who owns a run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.loopback import free_port, wait_until
from bot.rehearsal.target.postgres import OWNER, SUPERUSER, Postgres, server_user
from bot.rehearsal.target.programs import postgres_programs
from state.postgres.numbers import OWNER as OWNER_LOCK

DATABASE = "record"
# the ports from which PostgreSQL sees the session come that holds a lock on a run
_HOLDER = """
SELECT client_port FROM pg_stat_activity WHERE pid IN (
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


class RecordServer(Postgres):
    """A cluster of its own with one empty database, away from the target's."""

    def __init__(self, folder: Path, cache: Path) -> None:
        for name in ("logs", "home"):
            (folder / name).mkdir(parents=True)
        super().__init__(Host(folder, cache))
        self.standby_port = 0  # of the server that follows this one; 0 for none

    def begin(self) -> None:
        """Start it, and make the database of the record."""
        self.start()
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}".encode())

    def end(self) -> None:
        """Stop it for good, and its standby."""
        if self.standby_port:
            self._run_as_server("pg_ctl", ["stop", "-D", self._standby, "-m", "immediate"], check=False)
        self.stop()
        self.host.stop_processes()

    def address(self, port: int) -> str:
        """The record's address through a proxy that listens on this port."""
        return self.url(OWNER, DATABASE).replace(f":{self.port}/", f":{port}/")

    def halt(self, mode: str) -> None:
        """Stop it: "fast" ends every session, "immediate" is a crash."""
        self._run_as_server("pg_ctl", ["stop", "-D", self._data, "-m", mode])

    def go_on(self) -> None:
        """Start it again with the same settings; returns when it takes connections."""
        # its output goes to a file: it would keep a pipe open
        self._run_as_server("pg_ctl", ["restart", "-D", self._data, "-w", "-t", "60", "-l", self._data / "log"])

    def add_standby(self) -> None:
        """Start a standby that has each write before the bot hears that it is written."""
        source = self.url(SUPERUSER, "postgres")
        self._run_as_server("pg_basebackup", ["-d", source, "-D", self._standby, "-R", "-c", "fast"])
        self.standby_port = free_port()
        settings = ["-c", f"port={self.standby_port}", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        more = ["-c", "unix_socket_directories=", "-c", "max_connections=50"]
        server = postgres_programs() / "postgres"
        self.host.spawn("standby", [server, "-D", self._standby, *settings, *more], user=server_user())
        followers = "SELECT 1 FROM pg_stat_replication"
        wait_until(lambda: bool(self.query(followers)), "the standby", 30)
        with psycopg.connect(source, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
        wait_until(lambda: bool(self.query(f"{followers} WHERE sync_state = 'sync'")), "its synchronous state", 30)

    def address_of_both(self) -> str:
        """The record's address that names this server and its standby, whichever takes writes."""
        both = self.address(self.port).replace(f":{self.port}/", f":{self.port},127.0.0.1:{self.standby_port}/")
        return f"{both}?target_session_attrs=read-write"

    def fail_over(self) -> None:
        """Crash the server for good and promote its standby."""
        self.halt("immediate")
        self._run_as_server("pg_ctl", ["promote", "-D", self._standby, "-w"])

    def owner_port(self, run: int, lock: int = OWNER_LOCK) -> int:
        """The port from which the owner of a run comes; 0 where nobody owns it, or PostgreSQL is away."""
        try:
            with psycopg.connect(self.url(SUPERUSER, DATABASE), connect_timeout=5) as connection:
                row = connection.execute(_HOLDER, (lock, run)).fetchone()
        except (psycopg.Error, subprocess.SubprocessError):
            return 0
        return int(row[0]) if row else 0

    @property
    def _standby(self) -> Path:
        return self._data.with_name("standby")

    @property
    def _data(self) -> Path:
        folder = self._recorded_folder()
        assert folder, "it does not run"
        return folder / "data"

"""The PostgreSQL of a record in trouble: it restarts, goes away, and hands over to a standby."""

from __future__ import annotations

from pathlib import Path

import psycopg

from bot.rehearsal.record_server import RecordServer
from bot.rehearsal.target.loopback import free_port, wait_until
from bot.rehearsal.target.postgres import SUPERUSER, server_user
from bot.rehearsal.target.programs import postgres_programs


class FailingServer(RecordServer):
    """A record's server that can be stopped, and may have a standby."""

    def __init__(self, folder: Path, cache: Path) -> None:
        super().__init__(folder, cache)
        self.standby_port = 0  # of the server that follows this one; 0 for none

    def end(self) -> None:
        """Stop it for good, and its standby."""
        if self.standby_port:
            self._run_as_server("pg_ctl", ["stop", "-D", self._standby, "-m", "immediate"], check=False)
        super().end()

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
        more = ["-c", "unix_socket_directories=", "-c", "max_connections=50", "-c", "max_prepared_transactions=5"]
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

    @property
    def _standby(self) -> Path:
        return self._data.with_name("standby")

    @property
    def _data(self) -> Path:
        folder = self._recorded_folder()
        assert folder, "it does not run"
        return folder / "data"

"""A temporary PostgreSQL on this machine, reached only through a socket in its private folder."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import psycopg
from psycopg import sql

from bot.tools.postgres.scratch_folder import scratch_folder
from bot.tools.postgres.server_programs import ServerPrograms, give_to_server, server_process_options
from commands.ports.scratch_server import ScratchNeeds
from state.errors import Failed, Stopped
from state.frozen import dataclass

SUPERUSER = "gonogo_scratch"
PORT = 5432  # only a part of the socket's name
MAX_SOCKET_PATH = 100  # bytes that every system accepts
READY_LIMIT = 60.0  # seconds to create the cluster, and as many to start it
# A restored copy is at most as large as the database with its bloat and indexes. The same again is for a table that the
# migration rewrites, and for sorting indexes. WAL is small at wal_level minimal, and an empty cluster takes 50 MB.
SIZE_FACTOR, EXTRA_SIZE = 2.0, 500_000_000
SETTINGS = {
    "listen_addresses": "",
    # nothing needs to survive a crash
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # a restore writes into tables that it has just created, which then need no WAL
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "120",
    # in its own folder and not in /dev/shm, which is small in containers and keeps the files of a killed server
    "dynamic_shared_memory_type": "mmap",
}


@dataclass(frozen=True, kw_only=True)
class LocalServer:
    """A running server; its only user is a superuser."""

    folder: Path
    password: str
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        """Connect to the server. Raises OSError."""
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(_socket(self.folder)))
        except OSError:
            sock.close()
            raise
        return sock

    def failure(self) -> str:
        """Why the server can no longer be used, as a clause; empty while it can."""
        if "No space left on device" in _log(self.folder):
            disk = f"the disk of the bot's machine ({self.folder.parent})"
            return f"{disk} became full while the copy was used; free some space there"
        if self.process.poll() is not None:
            return f"the PostgreSQL on the bot's machine stopped ({_last_line(self.folder)})"
        return ""


def space_for(need: ScratchNeeds) -> int:
    """The most bytes that a copy can take, including the work on it."""
    return int(need.size * SIZE_FACTOR) + EXTRA_SIZE


@contextmanager
def local_server(programs: ServerPrograms, need: ScratchNeeds, temp: Path, stop: Event) -> Iterator[LocalServer]:
    """Create a cluster with production's roles, start it, and remove it at the end. Raises Failed, Stopped."""
    with scratch_folder(temp, space_for(need)) as folder:
        if len(os.fsencode(_socket(folder))) > MAX_SOCKET_PATH:
            raise Failed(f"the path of {temp} is too long for a socket; set TMPDIR to a shorter path")
        password = secrets.token_urlsafe(24)
        flags = [f"--{name}={value}" for name, value in {**SETTINGS, "unix_socket_directories": str(folder)}.items()]
        try:
            _create_cluster(programs, folder, password, need.encoding, stop)
            process = _start_process([programs.folder / "postgres", "-D", folder / "data", *flags], folder)
        except OSError as error:
            raise Failed(f"PostgreSQL cannot be started in {temp} on the bot's machine ({error.strerror})") from None
        server = LocalServer(folder=folder, password=password, process=process)
        try:
            _wait_for(lambda: process.poll() is not None or _answers(server), programs, folder, stop)
            if process.poll() is not None:
                raise _start_error(programs, folder)
            _create_roles(server, need)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # stops at once; nothing needs to be saved
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _create_cluster(programs: ServerPrograms, folder: Path, password: str, encoding: str, stop: Event) -> None:
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    give_to_server(password_file)
    # C.UTF-8 knows the letters of all languages and exists on every system; for other encodings there is only C
    locale = "C.UTF-8" if encoding == "UTF8" else "C"
    words = [f"--username={SUPERUSER}", f"--pwfile={password_file}", "--auth=scram-sha-256", "--no-sync"]
    words += [f"--encoding={encoding}", f"--locale={locale}"]
    process = _start_process([programs.folder / "initdb", "-D", folder / "data", *words], folder)
    try:
        _wait_for(lambda: process.poll() is not None, programs, folder, stop)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # with the programs that initdb has started
        process.wait()
        password_file.unlink(missing_ok=True)
    if process.returncode:
        raise _start_error(programs, folder)


def _start_process(words: list[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **server_process_options()
        )


def _wait_for(ready: Callable[[], bool], programs: ServerPrograms, folder: Path, stop: Event) -> None:
    until = time.monotonic() + READY_LIMIT
    while not ready():
        if time.monotonic() > until:
            limit = f"{READY_LIMIT:.0f} s ({_last_line(folder)})"
            raise Failed(
                f"PostgreSQL {programs.major} was not ready on the bot's machine within {limit}; "
                "check that machine's load and disk"
            )
        if stop.wait(0.05):
            raise Stopped("Stopped before the copy was started.")


def _answers(server: LocalServer) -> bool:
    try:
        _session(server).close()
    except psycopg.OperationalError:  # it is still starting
        return False
    return True


def _session(server: LocalServer) -> psycopg.Connection:
    return psycopg.connect(
        host=str(server.folder),
        port=PORT,
        user=SUPERUSER,
        password=server.password,
        dbname="postgres",
        connect_timeout=5,
        autocommit=True,
    )


def _create_roles(server: LocalServer, need: ScratchNeeds) -> None:
    """Create production's roles, without log-in: owners and privileges need them, and a migration may name them."""
    try:
        with _session(server) as session:
            for name, superuser in need.roles:
                right = sql.SQL("SUPERUSER" if superuser else "NOSUPERUSER")
                session.execute(sql.SQL("CREATE ROLE {} NOLOGIN {}").format(sql.Identifier(name), right))
            for role, member in need.members:
                session.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member)))
            for role, name, value in need.settings:
                _set_for_role(session, role, name, value)
    except psycopg.Error as error:
        why = error.diag.message_primary or type(error).__name__
        raise Failed(f"the database's roles cannot be created in the PostgreSQL on the bot's machine ({why})") from None


def _set_for_role(session: psycopg.Connection, role: str, name: str, value: str) -> None:
    """Give a role a setting, as the server stores it. One that this server does not have is missing on the copy."""
    parameter = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
    with suppress(psycopg.Error), session.transaction():
        session.execute("SELECT set_config(%s, %s, true)", (name, value))
        session.execute(sql.SQL("ALTER ROLE {} SET {} FROM CURRENT").format(sql.Identifier(role), parameter))


def _start_error(programs: ServerPrograms, folder: Path) -> Failed:
    return Failed(f"PostgreSQL {programs.major} does not start on the bot's machine ({_last_line(folder)})")


def _socket(folder: Path) -> Path:
    return folder / f".s.PGSQL.{PORT}"


def _log(folder: Path) -> str:
    try:
        with (folder / "log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 65_536))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _last_line(folder: Path) -> str:
    """The last line of the log that reports an error, or the last line if none does."""
    lines = [line.strip() for line in _log(folder).splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error:|ERROR:|FATAL:|PANIC:|could not", line)]
    return (errors or lines or ["no output"])[-1][:160]

"""A throw-away PostgreSQL on this machine: made fast, reached only through a socket in its own private folder, and gone afterwards."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psycopg
from psycopg import sql

from bot.tools.postgres.scratch_folder import throwaway_folder
from bot.tools.postgres.server_programs import ServerPrograms, as_user, give_to_server
from commands.ports.scratch_server import ScratchNeeds
from state.errors import Failed, Stopped

SUPERUSER = "gonogo_scratch"
PORT = 5432  # only a part of the socket's name
LONGEST = 100  # bytes of a socket's path that every system takes
READY = 60.0  # seconds for making the cluster, and as many for its start
# A restored copy is at most as large as the database, bloat and indexes counted; as much again is for a table that the
# rehearsed migration writes anew and for sorting indexes; WAL is small at wal_level minimal, and the cluster itself is 50 MB.
FACTOR, MORE = 2.0, 500_000_000
SETTINGS = {
    "listen_addresses": "",
    # nothing of it must outlive a crash
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    # a restore writes into tables that it has just made, which then need no WAL
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "120",
    # in its own folder instead of /dev/shm, which is tiny in containers and keeps what a killed server had there
    "dynamic_shared_memory_type": "mmap",
}


@dataclass(frozen=True, kw_only=True)
class ThrowawayServer:
    """A server that runs; its one user may do everything."""

    folder: Path
    password: str
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        """A connection to it. Raises OSError."""
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(_socket(self.folder)))
        except OSError:
            sock.close()
            raise
        return sock

    def broken(self) -> str:
        """Why it cannot go on, as a clause; empty while it can."""
        if "No space left on device" in _log(self.folder):
            return f"the disk of the bot's machine ({self.folder.parent}) became full while the copy was made; make room there"
        if self.process.poll() is not None:
            return f"the PostgreSQL on the bot's machine ended ({_last_line(self.folder)})"
        return ""


def room(need: ScratchNeeds) -> int:
    """How many bytes a copy may take at the most, with all that making it takes."""
    return int(need.size * FACTOR) + MORE


@contextmanager
def throwaway_server(
    programs: ServerPrograms, need: ScratchNeeds, temp: Path, stop: Event
) -> Iterator[ThrowawayServer]:
    """Make a cluster with production's role names, start it, and at the end remove it. Raises Failed, Stopped."""
    with throwaway_folder(temp, room(need)) as folder:
        if len(os.fsencode(_socket(folder))) > LONGEST:
            raise Failed(f"the path of {temp} is too long for a socket; name a shorter one in TMPDIR")
        password = secrets.token_urlsafe(24)
        flags = [f"--{name}={value}" for name, value in {**SETTINGS, "unix_socket_directories": str(folder)}.items()]
        try:
            _make_cluster(programs, folder, password, need.encoding, stop)
            process = _begin([programs.folder / "postgres", "-D", folder / "data", *flags], folder)
        except OSError as error:
            raise Failed(f"PostgreSQL cannot be started in {temp} of the bot's machine ({error.strerror})") from None
        server = ThrowawayServer(folder=folder, password=password, process=process)
        try:
            _wait(lambda: process.poll() is not None or _answers(server), programs, folder, stop)
            if process.poll() is not None:
                raise _not_begun(programs, folder)
            _make_roles(server, need)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once, nothing is kept
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _make_cluster(programs: ServerPrograms, folder: Path, password: str, encoding: str, stop: Event) -> None:
    asked = folder / "password"
    asked.touch(mode=0o600)
    asked.write_text(password)
    give_to_server(asked)
    # C.UTF-8 knows the letters of all languages, and every system has it; other encodings have only C
    locale = "C.UTF-8" if encoding == "UTF8" else "C"
    words = [f"--username={SUPERUSER}", f"--pwfile={asked}", "--auth=scram-sha-256", "--no-sync"]
    words += [f"--encoding={encoding}", f"--locale={locale}"]
    process = _begin([programs.folder / "initdb", "-D", folder / "data", *words], folder)
    try:
        _wait(lambda: process.poll() is not None, programs, folder, stop)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # the programs that initdb started write too
        process.wait()
        asked.unlink(missing_ok=True)
    if process.returncode:
        raise _not_begun(programs, folder)


def _begin(words: list[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **as_user()
        )


def _wait(ready: Callable[[], bool], programs: ServerPrograms, folder: Path, stop: Event) -> None:
    until = time.monotonic() + READY
    while not ready():
        if time.monotonic() > until:
            raise Failed(
                f"PostgreSQL {programs.major} was not ready on the bot's machine within {READY:.0f} s ({_last_line(folder)}); "
                "look at that machine's load and disk"
            )
        if stop.wait(0.05):
            raise Stopped("Stopped by a person before the copy was begun.")


def _answers(server: ThrowawayServer) -> bool:
    try:
        _session(server).close()
    except psycopg.OperationalError:  # still starting up
        return False
    return True


def _session(server: ThrowawayServer) -> psycopg.Connection:
    return psycopg.connect(
        host=str(server.folder),
        port=PORT,
        user=SUPERUSER,
        password=server.password,
        dbname="postgres",
        connect_timeout=5,
        autocommit=True,
    )


def _make_roles(server: ThrowawayServer, need: ScratchNeeds) -> None:
    """Production's roles, which may not log in: a copy has its owners and rights, and a migration may name them."""
    try:
        with _session(server) as session:
            for name, superuser in need.roles:
                right = sql.SQL("SUPERUSER" if superuser else "NOSUPERUSER")
                session.execute(sql.SQL("CREATE ROLE {} NOLOGIN {}").format(sql.Identifier(name), right))
            for role, member in need.members:
                session.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member)))
    except psycopg.Error as error:
        why = error.diag.message_primary or type(error).__name__
        raise Failed(f"production's roles cannot be made in the PostgreSQL of the bot's machine ({why})") from None


def _not_begun(programs: ServerPrograms, folder: Path) -> Failed:
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
    """The last line of its log that tells of an error, or else the last one."""
    lines = [line.strip() for line in _log(folder).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error:|ERROR:|FATAL:|PANIC:|could not", line)]
    return (telling or lines or ["it says nothing"])[-1][:160]

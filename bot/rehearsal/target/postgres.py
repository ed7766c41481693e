"""The target's PostgreSQL: a fresh cluster on loopback with password log-in, the seeded database and its DDL audit."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from bot.rehearsal.target.box import Box, TargetError, free_port, listens, wait_until
from bot.rehearsal.target.tools import postgres_programs

DATABASE, SCRATCH = "dj_system", "dj_scratch"
SQL = Path(__file__).parent / "sql"
SUPERUSER, OWNER, APP = "box", "dj_owner", "dj_app"


@dataclass
class Postgres:
    """One cluster. As root it runs as `nobody` in a folder under /tmp, because PostgreSQL refuses to run as root."""

    box: Box
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(
        default_factory=lambda: {role: secrets.token_urlsafe(12) for role in (SUPERUSER, OWNER, APP)}, repr=False
    )
    report: psycopg.Connection | None = field(default=None, init=False, repr=False)

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """A new cluster with the empty database and the two roles."""
        place = self._make_place()
        _chown(place)
        words = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={place / 'password'}", "--no-sync"]
        self._run_as_postgres("initdb", ["-D", place / "data", *words, "--no-locale", "--encoding=UTF8"])
        settings = {
            "port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
            "extension_control_path": f"$system:{place / 'share'}", "max_connections": "50", "shared_buffers": "16MB",
        }  # fmt: skip
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.box.spawn("postgres", [postgres_programs() / "postgres", "-D", place / "data", *flags], user=_user())
        wait_until(self._answers, "PostgreSQL", 30)
        self._make_database()

    def seed(self, tokens: dict[str, str], password: str, earlier: Path) -> None:
        """The rows, rights and `earlier` manual migration of the old version, then the audit of every DDL statement from here on."""
        salt = secrets.token_bytes(16)
        people = {**tokens, "password_hash": f"{salt.hex()}:{_scrypt(password, salt)}"}
        with psycopg.connect(self.url(OWNER)) as connection:
            for name, value in people.items():
                connection.execute("SELECT set_config(%s, %s, false)", (f"seed.{name}", value))
            connection.execute((SQL / "seed.sql").read_bytes())
            connection.execute(earlier.read_bytes())
        with psycopg.connect(self.url(SUPERUSER)) as connection:
            connection.execute("CREATE EXTENSION dj_audit")

    def forget_a_report(self) -> None:
        """A report's session that has read a V2 table and is left open, in its transaction, until the server stops."""
        self.report = psycopg.connect(self.url(OWNER), application_name="monthly report")
        self.report.execute("SELECT count(*) FROM approval_flow_templates")

    def lock_out(self, *, locked: bool) -> None:
        """Lets the owner log in no more, or again."""
        self.ask(f"ALTER ROLE {OWNER} {'NOLOGIN' if locked else 'LOGIN'}")

    def stop(self) -> None:
        """Stops the server at once and removes what lies outside the box; nothing happens when it does not run."""
        if self.report:
            self.report.close()
        place = self._place()
        if place is None:
            return
        if (place / "data" / "postmaster.pid").exists():
            self._run_as_postgres("pg_ctl", ["stop", "-D", place / "data", "-m", "immediate"], check=False)
        shutil.rmtree(place, ignore_errors=True)
        self._note.unlink()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """The rows of a query, asked as the box's superuser."""
        with psycopg.connect(self.url(SUPERUSER), connect_timeout=5) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def _note(self) -> Path:
        return self.box.folder / "postgres.place"

    def _place(self) -> Path | None:
        return Path(self._note.read_text()) if self._note.exists() else None

    def _make_place(self) -> Path:
        place = Path(tempfile.mkdtemp(prefix="dj-postgres-", dir="/tmp" if os.geteuid() == 0 else self.box.folder))  # noqa: S108 - a folder that the other user can reach
        self._note.write_text(str(place))
        (place / "password").write_text(self.passwords[SUPERUSER])
        shutil.copytree(SQL / "extension", place / "share" / "extension")
        return place

    def _run_as_postgres(self, program: str, words: list[str | Path], *, check: bool = True) -> None:
        done = subprocess.run(
            [postgres_programs() / program, *words], cwd="/", env=self.box.environment(), user=_user(), group=_user(),
            extra_groups=None if _user() is None else [], capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise TargetError(f"{program} ended with {done.returncode}: {done.stderr[-1500:]}")

    def _answers(self) -> bool:
        if not listens(self.port):
            return False
        try:
            psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:  # still starting up
            return False
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            for role, right in ((OWNER, sql.SQL("CREATEDB")), (APP, sql.SQL("NOCREATEDB"))):
                words = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
                connection.execute(words.format(sql.Identifier(role), right, self.passwords[role]))
            words = sql.SQL("CREATE DATABASE {} OWNER {}")
            for name in (DATABASE, SCRATCH):
                connection.execute(words.format(sql.Identifier(name), sql.Identifier(OWNER)))


def _user() -> int | None:
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _chown(place: Path) -> None:
    user = _user()
    if user is None:
        return
    for path in (place, *place.rglob("*")):
        os.chown(path, user, user)


def _scrypt(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, dklen=32).hex()

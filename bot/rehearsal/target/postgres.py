"""The target's PostgreSQL: a fresh cluster with the old version's rows and a DDL audit."""

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

from bot.rehearsal.target.host import Host, TargetError
from bot.rehearsal.target.loopback import free_port, is_listening, wait_until
from bot.rehearsal.target.programs import postgres_programs
from state.errors import BadSettings

DATABASE, SCRATCH = "dj_system", "dj_scratch"
SQL = Path(__file__).parent / "sql"
SUPERUSER, OWNER, APP = "dj_superuser", "dj_owner", "dj_app"


@dataclass
class Postgres:
    """One cluster with password logins.

    PostgreSQL refuses to run as root. For root it runs as `nobody`, in a folder under /tmp.
    """

    host: Host
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(
        default_factory=lambda: {role: secrets.token_urlsafe(12) for role in (SUPERUSER, OWNER, APP)}, repr=False
    )
    open_report: psycopg.Connection | None = field(default=None, init=False, repr=False)

    def url(self, role: str, database: str = DATABASE) -> str:
        """The connection string of a role, with its password."""
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Create the cluster, its roles, the empty database and the empty scratch database."""
        folder = self._make_folder()
        _give_to_server(folder)
        options = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={folder / 'password'}", "--no-sync"]
        self._run_as_server("initdb", ["-D", folder / "data", *options, "--no-locale", "--encoding=UTF8"])
        settings = {
            "port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off",
            "extension_control_path": f"$system:{folder / 'share'}", "max_connections": "50",
            "shared_buffers": "16MB", "max_prepared_transactions": "5",
        }  # fmt: skip
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command: list[str | Path] = [postgres_programs() / "postgres", "-D", folder / "data", *flags]
        self.host.spawn("postgres", command, user=server_user())
        wait_until(self._accepts_logins, "PostgreSQL", 30)
        self._create_databases()

    def seed(self, tokens: dict[str, str], password: str, migration: Path) -> None:
        """Insert the old version's rows and rights, run its manual migration, and audit every DDL statement after it.

        `tokens` are the API tokens of the users "member" and "approver"; `password` is every user's.
        """
        salt = secrets.token_bytes(16)
        settings = {**tokens, "password_hash": f"{salt.hex()}:{_scrypt(password, salt)}"}
        with psycopg.connect(self.url(OWNER)) as connection:
            for name, value in settings.items():
                connection.execute("SELECT set_config(%s, %s, false)", (f"seed.{name}", value))
            connection.execute((SQL / "seed.sql").read_bytes())
            connection.execute(migration.read_bytes())
        with psycopg.connect(self.url(SUPERUSER)) as connection:
            connection.execute("CREATE EXTENSION dj_audit")

    def leave_report_open(self) -> None:
        """Read a V2 table in a transaction that stays open until the server stops: it blocks the migration."""
        self.open_report = psycopg.connect(self.url(OWNER), application_name="monthly report")
        self.open_report.execute("SELECT count(*) FROM approval_flow_templates")

    def lock_out(self, *, locked: bool) -> None:
        """Refuse new logins of the owner, or accept them again."""
        self.query(f"ALTER ROLE {OWNER} {'NOLOGIN' if locked else 'LOGIN'}")

    def stop(self) -> None:
        """Stop the server at once and remove its folder; does nothing when it does not run."""
        if self.open_report:
            self.open_report.close()
        folder = self._recorded_folder()
        if folder is None:
            return
        if (folder / "data" / "postmaster.pid").exists():
            self._run_as_server("pg_ctl", ["stop", "-D", folder / "data", "-m", "immediate"], check=False)
        shutil.rmtree(folder, ignore_errors=True)
        self._folder_record.unlink()

    def query(self, query: str) -> list[tuple[object, ...]]:
        """The rows of a query, run as superuser; none for a statement that returns no rows."""
        with psycopg.connect(self.url(SUPERUSER), connect_timeout=5) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def _folder_record(self) -> Path:
        """The file that names the cluster's folder, which may be outside the host's folder."""
        return self.host.folder / "postgres.folder"

    def _recorded_folder(self) -> Path | None:
        return Path(self._folder_record.read_text()) if self._folder_record.exists() else None

    def _make_folder(self) -> Path:
        # as root, a folder that the user `nobody` can reach
        parent = Path("/tmp") if os.geteuid() == 0 else self.host.folder  # noqa: S108
        folder = Path(tempfile.mkdtemp(prefix="dj-postgres-", dir=parent))
        self._folder_record.write_text(str(folder))
        (folder / "password").write_text(self.passwords[SUPERUSER])
        shutil.copytree(SQL / "extension", folder / "share" / "extension")
        return folder

    def _run_as_server(self, program: str, options: list[str | Path], *, check: bool = True) -> None:
        path = postgres_programs() / program
        try:
            result = subprocess.run(
                [path, *options], cwd="/", env=self.host.environment(), user=server_user(), group=server_user(),
                extra_groups=None if server_user() is None else [], capture_output=True, text=True, check=False,
            )  # fmt: skip
        except PermissionError:
            raise _unreachable(path) from None
        if check and result.returncode:
            raise TargetError(f"{program} failed with exit code {result.returncode}: {result.stderr[-1500:]}")

    def _accepts_logins(self) -> bool:
        if not is_listening(self.port):
            return False
        try:
            psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:  # still starting
            return False
        return True

    def _create_databases(self) -> None:
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            for role, right in ((OWNER, sql.SQL("CREATEDB")), (APP, sql.SQL("NOCREATEDB"))):
                statement = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), right, self.passwords[role]))
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            for name in (DATABASE, SCRATCH):
                connection.execute(statement.format(sql.Identifier(name), sql.Identifier(OWNER)))


def server_user() -> int | None:
    """The user id that the server runs as; None for this process's own."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _unreachable(program: Path) -> BadSettings:
    """The sentence for root, whose server runs as a user that cannot enter the folder of its programs."""
    closed = next((folder for folder in reversed(program.parents) if not folder.stat().st_mode & 0o001), program.parent)
    return BadSettings(
        f"PostgreSQL does not run as root, and the user “nobody” may not enter {closed}, where its programs are. "
        "Rehearse as another user, or install gonogo in a folder that everybody may enter."
    )


def _give_to_server(folder: Path) -> None:
    user = server_user()
    if user is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user)


def _scrypt(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, dklen=32).hex()

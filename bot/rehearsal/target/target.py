"""One target to deploy to: set up in an empty folder, serving the old version."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bot.rehearsal.target.audit import Audit, take_audit
from bot.rehearsal.target.host import Host, TargetError
from bot.rehearsal.target.postgres import OWNER, SCRATCH, Postgres
from bot.rehearsal.target.programs import install_programs, remove_registry
from bot.rehearsal.target.repository import MIGRATIONS, RELEASE_FLAWS, Repository
from bot.rehearsal.target.services import Services
from bot.rehearsal.target.ssh_server import SshServer

LOGIN = "user5@dj.example"
MARKER = ".target"
# what a target stands for, and how its variables begin
PREFIXES = {"production": "PROD_", "staging": "STAGING_", "drill": "DRILL_"}
# flaws of the host or the database, not of the release
TARGET_FLAWS = frozenset({"truncated-backup", "locked-table", "slow-list", "stale-page"})


@dataclass
class Target:
    """One environment in `folder`, named as in PREFIXES; downloaded programs stay in `cache`.

    Files in the folder `frontend` replace the files of the same names in the web page's sources. Every start empties
    `folder`. Raises TargetError for an unknown flaw.
    """

    folder: Path
    cache: Path
    name: str = "production"
    flaws: frozenset[str] = field(default=frozenset(), kw_only=True)
    frontend: Path | None = field(default=None, kw_only=True)
    host: Host = field(init=False, repr=False)
    postgres: Postgres = field(init=False, repr=False)
    ssh: SshServer = field(init=False, repr=False)
    repository: Repository = field(init=False, repr=False)
    services: Services = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.prefix = PREFIXES[self.name]
        known = RELEASE_FLAWS.keys() | TARGET_FLAWS
        if unknown := self.flaws - known:
            raise TargetError(f"There is no flaw {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}.")
        self.host = Host(self.folder.resolve(), self.cache.resolve())
        self.postgres = Postgres(self.host)
        self.ssh = SshServer(self.host)
        self.repository = Repository(self.host)
        self.services = Services(self.host, self.repository, self.postgres)
        self._tokens = {"member": secrets.token_urlsafe(16), "approver": secrets.token_urlsafe(16)}
        self._password = secrets.token_urlsafe(12)

    def start(self) -> None:
        """Start everything, with the old version serving; first stops what an earlier start left in the folder."""
        self.stop()
        self._empty_folder()
        try:
            self._start_services()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every process and free every port; may be called twice, and after a crash."""
        self.postgres.stop()
        self.host.stop_processes()

    def audit(self) -> Audit:
        """What really happened at the target. Raises TargetError or psycopg's errors when it is down."""
        return take_audit(self.postgres, self.services)

    def make_slow(self, seconds: float) -> None:
        """Delay every API answer of the NEW version, except health, by so many seconds; 0 ends it."""
        self._set_fault("slow", str(seconds) if seconds else "")

    def lock_out(self, *, locked: bool = True) -> None:
        """Refuse new database logins of the bot's role, not of the application's; `locked=False` ends it."""
        self.postgres.lock_out(locked=locked)

    def cut_off_downloads(self) -> None:
        """Make git's remote and the npm registry unreachable for the host, and empty npm's cache."""
        self.repository.remove_origin()
        remove_registry(self.host)

    def make_job_errors(self, *, broken: bool = True) -> None:
        """Answer 500 to every POST /api/jobs of the NEW version; `broken=False` ends it."""
        self._set_fault("job-errors", "yes" if broken else "")

    @property
    def old(self) -> str:
        """The commit that runs after start()."""
        return self.repository.old

    @property
    def new(self) -> str:
        """The commit on origin's main, which a deploy brings."""
        return self.repository.new

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that the bot needs to deploy here; complete after start()."""
        values = {
            "DATABASE_URL": self.postgres.url(OWNER), "SCRATCH_URL": self.postgres.url(OWNER, SCRATCH),
            "SSH": self.ssh.address, "SSH_KEY": self.ssh.key,
            "KNOWN_HOSTS": self.ssh.known_hosts, "PATH": self.host.bin, "REPOSITORY": self.repository.path,
            "BACKUPS": self.host.srv / "backups", "WWW": self.services.www, "KEPT": self.host.srv / "kept",
            "MAINTENANCE": self.services.maintenance_flag, "ACCESS_LOG": self.host.access_log,
            "APP_URL": self.services.proxy_url, "API_URL": self.services.proxy_url,
            "API_LOCAL": self.services.api_url,
            "TOKEN": self._tokens["member"], "APPROVER_TOKEN": self._tokens["approver"],
            "BYPASS": self.services.bypass, "LOGIN_EMAIL": LOGIN, "LOGIN_PASSWORD": self._password,
        }  # fmt: skip
        return {self.prefix + name: str(value) for name, value in values.items()}

    def _start_services(self) -> None:
        install_programs(self.host, truncate_dumps="truncated-backup" in self.flaws)
        self.repository.create(self.flaws, self.frontend)
        self.postgres.start()
        self.services.prepare_api()
        migration = self.repository.path / MIGRATIONS / "015_index_jobs_by_status.sql"
        self.postgres.seed(self._tokens, self._password, migration)
        self.services.start_api()
        self.services.publish_page()
        self.services.start_proxy()
        self.ssh.start()
        if "slow-list" in self.flaws:
            self._set_fault("slow-list", "6")
        if "stale-page" in self.flaws:
            self._set_fault("stale-page", self.old)
        if "locked-table" in self.flaws:
            self.postgres.leave_report_open()

    def _empty_folder(self) -> None:
        marker = self.host.folder / MARKER
        if self.host.folder.exists() and any(self.host.folder.iterdir()) and not marker.exists():
            raise TargetError(f"{self.host.folder} holds other files; name a new or empty folder.")
        shutil.rmtree(self.host.folder, ignore_errors=True)
        srv = self.host.srv
        inside = [self.host.home, self.host.bin, self.host.logs, self.host.keys, self.services.faults]
        inside += [srv / "backups", srv / "kept"]
        for folder in (self.host.cache, *inside, self.services.www / "releases"):
            folder.mkdir(parents=True, exist_ok=True)
        marker.write_text("The folder of a rehearsal's target; the next start empties it.\n")

    def _set_fault(self, name: str, value: str) -> None:
        """Write a fault file; remove it when the value is empty."""
        flag = self.services.faults / name
        if value:
            flag.write_text(value)
        else:
            flag.unlink(missing_ok=True)

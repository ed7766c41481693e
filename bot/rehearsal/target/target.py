"""One environment to deploy to, from an empty folder to a serving old version, and back to nothing."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bot.rehearsal.target import tools
from bot.rehearsal.target.audit import Audit, look
from bot.rehearsal.target.box import Box, TargetError
from bot.rehearsal.target.postgres import OWNER, SCRATCH, Postgres
from bot.rehearsal.target.repository import FLAWS, MANUAL, Repository
from bot.rehearsal.target.services import Services
from bot.rehearsal.target.ssh import Ssh

LOGIN = "user5@dj.example"
MARKER = ".target"
# what is wrong with the host or the database, not with the release
HERE = frozenset({"truncated-backup", "locked-table", "slow-list", "stale-page"})


@dataclass
class Target:
    """One environment, "production" or "staging", in `folder`; fetched programs are kept in `cache`.

    The files in `frontend` stand for those of the same names in the page's own sources.
    Raises TargetError for a flaw that does not exist. Everything in `folder` is lost at the next start.
    """

    folder: Path
    cache: Path
    name: str = "production"
    flaws: frozenset[str] = field(default=frozenset(), kw_only=True)
    frontend: Path | None = field(default=None, kw_only=True)
    box: Box = field(init=False, repr=False)
    postgres: Postgres = field(init=False, repr=False)
    ssh: Ssh = field(init=False, repr=False)
    repository: Repository = field(init=False, repr=False)
    services: Services = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = FLAWS.keys() | HERE
        if unknown := self.flaws - known:
            raise TargetError(f"There is no flaw {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}.")
        self.box = Box(self.folder.resolve(), self.cache.resolve())
        self.postgres = Postgres(self.box)
        self.ssh = Ssh(self.box)
        self.repository = Repository(self.box)
        self.services = Services(self.box, self.repository, self.postgres)
        self._tokens = {"member": secrets.token_urlsafe(16), "approver": secrets.token_urlsafe(16)}
        self._password = secrets.token_urlsafe(12)

    def start(self) -> None:
        """Brings everything up with the old version serving; stops what is left in the folder first."""
        self.stop()
        self._empty_folder()
        try:
            self._bring_up()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends every process and frees every port; safe to call twice, and after a crash."""
        self.postgres.stop()
        self.box.end_all()

    def audit(self) -> Audit:
        """What the target itself says was done to it; raises TargetError or psycopg's errors when it is down."""
        return look(self.postgres, self.services)

    def make_slow(self, seconds: float) -> None:
        """Lets every API answer of the NEW version but health take that much longer; 0 ends it."""
        self._fault("slow", str(seconds) if seconds else "")

    def lock_out(self, *, locked: bool = True) -> None:
        """Lets the role that the bot uses log in no more; `locked=False` ends it. The application's own role is let in."""
        self.postgres.lock_out(locked=locked)

    def cut_off(self) -> None:
        """Takes git's remote and the npm registry away from the host, npm's own cache too."""
        self.repository.take_origin_away()
        tools.take_registry_away(self.box)

    def make_job_errors(self, *, broken: bool = True) -> None:
        """Lets the NEW version answer 500 to every POST /api/jobs; `broken=False` ends it."""
        self._fault("job-errors", "yes" if broken else "")

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
        """What the bot's environment needs to deploy here; known once start() is done."""
        prefix = "STAGING_" if self.name == "staging" else "PROD_"
        values = {
            "DATABASE_URL": self.postgres.url(OWNER), "SCRATCH_URL": self.postgres.url(OWNER, SCRATCH),
            "SSH": self.ssh.address, "SSH_KEY": self.ssh.key,
            "KNOWN_HOSTS": self.ssh.known_hosts, "PATH": self.box.bin, "REPOSITORY": self.repository.path,
            "BACKUPS": self.box.srv / "backups", "WWW": self.services.www, "KEPT": self.box.srv / "kept",
            "MAINTENANCE": self.services.maintenance, "ACCESS_LOG": self.box.access_log,
            "APP_URL": self.services.door_url, "API_URL": self.services.door_url, "API_LOCAL": self.services.api_url,
            "TOKEN": self._tokens["member"], "APPROVER_TOKEN": self._tokens["approver"],
            "BYPASS": self.services.bypass, "LOGIN_EMAIL": LOGIN, "LOGIN_PASSWORD": self._password,
        }  # fmt: skip
        return {prefix + name: str(value) for name, value in values.items()}

    def _bring_up(self) -> None:
        tools.install(self.box, cut="truncated-backup" in self.flaws)
        self.repository.create(self.flaws, self.frontend)
        self.postgres.start()
        self.services.prepare_api()
        self.postgres.seed(self._tokens, self._password, self.repository.path / MANUAL / "015_index_jobs_by_status.sql")
        self.services.start_api()
        self.services.publish_page()
        self.services.start_door()
        self.ssh.start()
        if "slow-list" in self.flaws:
            self._fault("slow-list", "6")
        if "stale-page" in self.flaws:
            self._fault("stale-page", self.old)
        if "locked-table" in self.flaws:
            self.postgres.forget_a_report()

    def _empty_folder(self) -> None:
        marker = self.box.folder / MARKER
        if self.box.folder.exists() and any(self.box.folder.iterdir()) and not marker.exists():
            raise TargetError(f"{self.box.folder} holds something else; give a new or empty folder.")
        shutil.rmtree(self.box.folder, ignore_errors=True)
        srv = self.box.srv
        inside = [self.box.home, self.box.bin, self.box.logs, self.box.keys, self.services.faults]
        inside += [srv / "backups", srv / "kept"]
        for folder in (self.box.cache, *inside, self.services.www / "releases"):
            folder.mkdir(parents=True, exist_ok=True)
        marker.write_text("The folder of a rehearsal's target; the next start empties it.\n")

    def _fault(self, name: str, words: str) -> None:
        flag = self.services.faults / name
        if words:
            flag.write_text(words)
        else:
            flag.unlink(missing_ok=True)

"""The target's services: the API under pm2, the published web page, the reverse proxy."""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.loopback import answers_http, free_port, is_listening, wait_until
from bot.rehearsal.target.postgres import APP, OWNER, Postgres
from bot.rehearsal.target.programs import place_node_modules
from bot.rehearsal.target.repository import API, FRONTEND, Repository
from bot.tools.python_module import module_command

API_NAME = "dj-system-api"


@dataclass
class Services:
    """The API itself at `api_url`; page and API behind the reverse proxy at `proxy_url`. Neither ends with a slash."""

    host: Host
    repository: Repository
    postgres: Postgres
    api_port: int = field(default_factory=free_port)
    proxy_port: int = field(default_factory=free_port)
    bypass: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    @property
    def api_url(self) -> str:
        """The API's own address, as the host sees it."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def proxy_url(self) -> str:
        """The address that users have."""
        return f"http://127.0.0.1:{self.proxy_port}"

    @property
    def www(self) -> Path:
        """The folder of the published pages and of the `current` link."""
        return self.host.srv / "www"

    @property
    def maintenance_flag(self) -> Path:
        """The file that switches maintenance on."""
        return self.host.srv / "maintenance.on"

    @property
    def faults(self) -> Path:
        """The folder of the fault files, one for each fault that is on."""
        return self.host.folder / "faults"

    def prepare_api(self) -> None:
        """Install node_modules, write the API's settings, generate the Prisma client and create the old tables."""
        place_node_modules(self.host, "api", self._api)
        settings = {
            "DATABASE_URL": self.postgres.url(APP), "MIGRATE_DATABASE_URL": self.postgres.url(OWNER),
            "PORT": self.api_port, "AUDIT_LOG": self.host.audit_log, "FAULTS": self.faults,
        }  # fmt: skip
        (self._api / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        (self._api / ".env").chmod(0o600)
        self.host.run(["npx", "prisma", "generate"], cwd=self._api)
        self.host.run(["npx", "prisma", "migrate", "deploy"], cwd=self._api)

    def start_api(self) -> None:
        """Start the API under pm2."""
        self.host.run(["pm2", "start", "src/server.js", "--name", API_NAME], cwd=self._api)
        wait_until(lambda: is_listening(self.api_port), "The API")

    def publish_page(self) -> None:
        """Build the page of the working copy and point the `current` link at it."""
        frontend = self.repository.path / FRONTEND
        place_node_modules(self.host, "frontend", frontend)
        self.host.run(["npm", "run", "build"], cwd=frontend)
        release = self.www / "releases" / self.repository.old
        shutil.copytree(frontend / "dist", release)
        (self.www / "current").symlink_to(release)

    def start_proxy(self) -> None:
        """Start the reverse proxy. It reads its bypass token from a file, so that no process list shows it."""
        token = self.host.keys / "bypass"
        token.write_text(self.bypass)
        token.chmod(0o600)
        arguments: list[str | Path] = [self.host.folder, str(self.proxy_port), self.api_url]
        self.host.spawn("proxy", [*module_command("bot.rehearsal.target.reverse_proxy"), *arguments])
        # a request, not only a connection: `gonogo doctor` cannot judge the format of an empty access log
        wait_until(lambda: answers_http(self.proxy_url), "The reverse proxy")

    def pm2_entry(self) -> dict[str, Any]:
        """The API's entry in `pm2 jlist`; {} when pm2 does not know it."""
        entries = json.loads(self.host.run(["pm2", "jlist"]).splitlines()[-1])
        return next((dict(entry) for entry in entries if entry["name"] == API_NAME), {})

    @property
    def _api(self) -> Path:
        return self.repository.path / API

"""The target's services: the API under pm2, the published page, and the front door."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.rehearsal.target.box import Box, answers, free_port, listens, wait_until
from bot.rehearsal.target.postgres import APP, OWNER, Postgres
from bot.rehearsal.target.repository import API, FRONTEND, Repository
from bot.rehearsal.target.tools import place_node_modules

API_NAME = "dj-system-api"


@dataclass
class Services:
    """The API at `api_url` (without the door) and everything else at `door_url`; neither ends with a slash."""

    box: Box
    repository: Repository
    postgres: Postgres
    api_port: int = field(default_factory=free_port)
    door_port: int = field(default_factory=free_port)
    bypass: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def door_url(self) -> str:
        return f"http://127.0.0.1:{self.door_port}"

    @property
    def www(self) -> Path:
        return self.box.srv / "www"

    @property
    def maintenance(self) -> Path:
        return self.box.srv / "maintenance.on"

    @property
    def faults(self) -> Path:
        return self.box.folder / "faults"

    def prepare_api(self) -> None:
        """node_modules, the Prisma client, the settings file and the baseline's tables."""
        place_node_modules(self.box, "api", self._api)
        settings = {
            "DATABASE_URL": self.postgres.url(APP), "MIGRATE_DATABASE_URL": self.postgres.url(OWNER),
            "PORT": self.api_port, "AUDIT_LOG": self.box.audit_log, "FAULTS": self.faults,
        }  # fmt: skip
        (self._api / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        (self._api / ".env").chmod(0o600)
        self.box.run(["npx", "prisma", "generate"], cwd=self._api)
        self.box.run(["npx", "prisma", "migrate", "deploy"], cwd=self._api)

    def start_api(self) -> None:
        self.box.run(["pm2", "start", "src/server.js", "--name", API_NAME], cwd=self._api)
        wait_until(lambda: listens(self.api_port), "The API")

    def publish_page(self) -> None:
        """Builds the page of the working copy and points `current` at it."""
        frontend = self.repository.path / FRONTEND
        place_node_modules(self.box, "frontend", frontend)
        self.box.run(["npm", "run", "build"], cwd=frontend)
        release = self.www / "releases" / self.repository.old
        shutil.copytree(frontend / "dist", release)
        (self.www / "current").symlink_to(release)

    def start_door(self) -> None:
        """The front door, which reads its token from a file so that it shows in no process list."""
        token = self.box.keys / "bypass"
        token.write_text(self.bypass)
        token.chmod(0o600)
        words: list[str | Path] = [self.box.folder, str(self.door_port), self.api_url]
        self.box.spawn("door", [sys.executable, "-m", "bot.rehearsal.target.door", *words])
        # asked, not only knocked at: a log without a line tells the doctor nothing of its format
        wait_until(lambda: answers(self.door_url), "The front door")

    def pm2(self) -> dict[str, Any]:
        """What pm2 knows about the API: its entry in `pm2 jlist`, or an empty one."""
        listed = json.loads(self.box.run(["pm2", "jlist"]).splitlines()[-1])
        return next((dict(entry) for entry in listed if entry["name"] == API_NAME), {})

    @property
    def _api(self) -> Path:
        return self.repository.path / API

"""One target for all tests of this folder, and the deploy and the rollback done on it by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.rehearsal.target import Target
from bot.rehearsal.target.box import wait_until
from bot.rehearsal.target.repository import FORWARD, MANUAL

CACHE = Path(__file__).parents[4] / ".cache" / "target"
ROLLBACK = f"{MANUAL}/016_ROLLBACK_extend_v1_remove_v2.sql"


@dataclass(frozen=True)
class Hand:
    """A person at the host: runs commands over ssh, and asks the front door."""

    target: Target

    def env(self, name: str) -> str:
        return self.target.env[f"PROD_{name}"]

    def ssh(self, command: str, key: str = "") -> subprocess.CompletedProcess[str]:
        user, port = self.env("SSH").rsplit(":", 1)
        words = ["-o", f"UserKnownHostsFile={self.env('KNOWN_HOSTS')}", "-o", "BatchMode=yes", "-F", "none"]
        identity = ["-i", key or self.env("SSH_KEY"), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"]
        return subprocess.run(
            ["ssh", "-p", port, *words, *identity, user, command], capture_output=True, text=True, check=False
        )

    def at_host(self, command: str) -> str:
        lines = f"set -e; export PATH={self.env('PATH')}:$PATH; cd {self.env('REPOSITORY')}; {command}"
        done = self.ssh(lines)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.strip()

    def ask(
        self, method: str, path: str, body: object = None, *, approver: bool = False, **headers: str
    ) -> httpx.Response:
        token = self.env("APPROVER_TOKEN" if approver else "TOKEN")
        known = {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        address = self.env("API_URL") + path
        return httpx.request(method, address, json=body, headers=known, timeout=20, trust_env=False)

    def create_job(self, job_type: int) -> httpx.Response:
        body = {"projectId": 1, "jobTypeId": job_type, "subject": "Test Job", "dueDate": "2026-02-15"}
        return self.ask("POST", "/api/jobs", body)

    def apply(self, file: str) -> None:
        self.at_host(f"psql -q -1 -v ON_ERROR_STOP=1 '{self.env('DATABASE_URL')}' -f {file}")

    def restart(self, commit: str) -> None:
        self.at_host("cd backend/api-server; npm install --omit=dev; npx prisma generate; npx prisma migrate deploy")
        self.at_host("pm2 restart dj-system-api")
        wait_until(lambda: self.target.audit().running_commit == commit, "the restarted API")


@pytest.fixture(scope="session")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """A production with the old version live; the tests of it run before those of `deployed`."""
    target = Target(tmp_path_factory.mktemp("t"), CACHE)
    target.start()
    yield Hand(target)
    target.stop()


@pytest.fixture(scope="session")
def deployed(hand: Hand) -> Hand:
    """The same production after a deploy by hand."""
    hand.at_host("git fetch -q origin main; git merge -q --ff-only origin/main")
    hand.apply(FORWARD)
    hand.restart(hand.target.new)
    release = f"{hand.env('WWW')}/releases/{hand.target.new}"
    hand.at_host(
        f"cd frontend; npm ci; npm run build; cp -r dist {release}; ln -sfn {release} {hand.env('WWW')}/current"
    )
    return hand


@pytest.fixture(scope="session")
def taken_back(deployed: Hand) -> Hand:
    """The same production after the rollback by hand."""
    deployed.apply(ROLLBACK)
    deployed.at_host("git checkout -q v1")
    deployed.restart(deployed.target.old)
    www = deployed.env("WWW")
    deployed.at_host(f"ln -sfn {www}/releases/{deployed.target.old} {www}/current")
    return deployed

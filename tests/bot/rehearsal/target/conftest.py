"""One target for this folder, with a deploy and a rollback by hand."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.rehearsal.target import Target
from bot.rehearsal.target.host import Host
from bot.rehearsal.target.loopback import wait_until
from bot.rehearsal.target.repository import FORWARD_FILE, ROLLBACK_FILE

CACHE = Path(__file__).parents[4] / ".cache" / "target"


@dataclass(frozen=True)
class Operator:
    """A person who runs commands on the host over ssh and sends requests to the reverse proxy."""

    target: Target

    def env(self, name: str) -> str:
        """A variable of the target's environment, without its prefix."""
        return self.target.env[f"PROD_{name}"]

    def ssh(self, command: str, key: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command over ssh, with the client's key or another one."""
        user, port = self.env("SSH").rsplit(":", 1)
        options = ["-o", f"UserKnownHostsFile={self.env('KNOWN_HOSTS')}", "-o", "BatchMode=yes", "-F", "none"]
        identity = ["-i", key or self.env("SSH_KEY"), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"]
        return subprocess.run(
            ["ssh", "-p", port, *options, *identity, user, command], capture_output=True, text=True, check=False
        )

    def run(self, command: str) -> str:
        """The output of a shell command in the working copy, which must succeed."""
        script = f"set -e; export PATH={self.env('PATH')}:$PATH; cd {self.env('REPOSITORY')}; {command}"
        result = self.ssh(script)
        assert result.returncode == 0, f"`{command}` failed on the host: {result.stderr}{result.stdout}"
        return result.stdout.strip()

    def request(
        self, method: str, path: str, body: object = None, *, approver: bool = False, **headers: str
    ) -> httpx.Response:
        """Send a request through the reverse proxy, as a member or as an approver."""
        token = self.env("APPROVER_TOKEN" if approver else "TOKEN")
        sent = {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        address = self.env("API_URL") + path
        return httpx.request(method, address, json=body, headers=sent, timeout=20, trust_env=False)

    def create_job(self, job_type: int) -> httpx.Response:
        """Create a test job."""
        body = {"projectId": 1, "jobTypeId": job_type, "subject": "Test Job", "dueDate": "2026-02-15"}
        return self.request("POST", "/api/jobs", body)

    def apply(self, file: str) -> None:
        """Run a SQL file of the working copy in one transaction."""
        self.run(f"psql -q -1 -v ON_ERROR_STOP=1 '{self.env('DATABASE_URL')}' -f {file}")

    def restart(self, commit: str) -> None:
        """Install the packages, restart the API and wait until it answers with that commit."""
        self.run("cd backend/api-server; npm install --omit=dev; npx prisma generate; npx prisma migrate deploy")
        self.run("pm2 restart dj-system-api")
        wait_until(lambda: self.target.audit().running_commit == commit, "the restarted API")


Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def web_server(answer: Answer) -> Iterator[str]:
    """The address of a web server that lets `answer` answer each GET and POST."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET  # noqa: N815  the base class names it so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
            """Log nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def send(handler: http.server.BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    """Answer a request with JSON."""
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """An empty host with all its folders, without programs and processes."""
    host = Host(tmp_path, tmp_path / "cache")
    for folder in (host.home, host.bin, host.logs, host.keys, host.srv, host.cache):
        folder.mkdir()
    yield host
    host.stop_processes()


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A production that serves the old version; its tests run before those of `deployed`."""
    target = Target(tmp_path_factory.mktemp("t"), CACHE)
    target.start()
    yield Operator(target)
    target.stop()


@pytest.fixture(scope="session")
def deployed(operator: Operator) -> Operator:
    """The same production after a deploy by hand."""
    operator.run("git fetch -q origin main; git merge -q --ff-only origin/main")
    operator.apply(FORWARD_FILE)
    operator.restart(operator.target.new)
    www = operator.env("WWW")
    release = f"{www}/releases/{operator.target.new}"
    operator.run(f"cd frontend; npm ci; npm run build; cp -r dist {release}; ln -sfn {release} {www}/current")
    return operator


@pytest.fixture(scope="session")
def rolled_back(deployed: Operator) -> Operator:
    """The same production after a rollback by hand."""
    deployed.apply(ROLLBACK_FILE)
    deployed.run("git checkout -q v1")
    deployed.restart(deployed.target.old)
    www = deployed.env("WWW")
    deployed.run(f"ln -sfn {www}/releases/{deployed.target.old} {www}/current")
    return deployed

"""The real SSH server, and the small page set up to be deployed to it."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doors.system_user import SystemUser
from bot.rehearsal.target.ssh_server import SshServer
from tests.bot.command import Become, serve_once
from tests.pages import spoil


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of a web server that answers 404 to everything."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotFound)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class NotFound(http.server.BaseHTTPRequestHandler):
    """Answers 404, without a log."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write no log."""


@pytest.fixture
def shop(tmp_path: Path, ssh: SshServer, site: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small page in a folder of its own, with real commands, and everything it names set in the environment."""
    page = tmp_path / "small.md"
    page.write_text(spoil(('"deploy"', '"echo deploy"'), ('"undeploy"', '"echo undeploy"')))
    env = {
        "SHOP_SSH": ssh.address,
        "SHOP_KEY": str(ssh.key),
        "SHOP_KNOWN_HOSTS": str(ssh.known_hosts),
        "SHOP_URL": site,
        "SHOP_DBA": "UDBA, U1",
        "SHOP_DBA_PHONE": "1",
        "SHOP_LEAD": "ULEAD, UDEPUTY",
        "SHOP_LEAD_PHONE": "2",
        "GONOGO_CHANNEL": "C1",
        "GONOGO_RUNBOOK": str(page),
        "GONOGO_STATE": str(tmp_path / "gonogo.db"),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def served(shop: Path) -> Path:
    """The folder, with the state file that a bot has served who knows the system users."""
    serve_once()
    return shop


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    """Lets the next commands be those of a system user."""

    def become(name: str) -> None:
        user = SystemUser(name=name, host="web1")
        monkeypatch.setattr("bot.doors.system_user.system_user", lambda: user)

    return become

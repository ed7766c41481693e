"""A whole run whose host and server repeat every secret in every form."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from state.records import RunState
from tests.bot.command import run
from tests.bot.test_serve import start_run, wait_for
from tests.bot.tools.test_secret_forms import FORMS

PASSWORD = "mark-6-half/other-half"
PIP_URL = f"https://me:{PASSWORD}@pypi.test/simple"
SECRETS = {
    "SHOP_TOKEN": "mark-1-kX9vB2qT7mN4",  # named by the page
    "GIT_DEPLOY_TOKEN": "mark-2/p@ss+w'rd\"&<x>9",
    "PYTHON_KEYRING_PASSWORD": "mark-3 with space 77",
    "SLACK_SIGNING_SECRET": "mark-4-8f2d0c5b7a",
    "LC_SECRET": "mark-5-line-one-of-it\nmark-5-line-two-of-it",
}
VARIABLES = {**SECRETS, "PIP_INDEX_URL": PIP_URL}
ALL = [*SECRETS.values(), PASSWORD]
EVERY_FORM = "\n".join(f"{name}: {form(secret)}" for secret in ALL for name, form in FORMS.items())


class Echo(BaseHTTPRequestHandler):
    """Fails, and answers with every form of every secret, and with what it was sent."""

    def do_GET(self) -> None:
        body = f"{EVERY_FORM}\n{self.headers['Authorization']}".encode()
        self.send_response(500)
        self.send_header("Location", f"/?token={SECRETS['SHOP_TOKEN']}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write no log."""


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server as the page's web place."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SHOP_URL", f"http://me:{SECRETS['SLACK_SIGNING_SECRET']}@127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()


def keep_secrets(where: str, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the secrets where the bot reads them: into its environment, or into its `.env`."""
    if where == "environment":
        for name, value in VARIABLES.items():
            monkeypatch.setenv(name, value)
        return
    file = shop / ".env"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}='{value}'\n" for name, value in VARIABLES.items()).replace("w'rd", r"w\'rd"))
    monkeypatch.setenv("GONOGO_ENV_FILE", str(file))


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_no_secret_leaves_the_bot_in_any_form(
    where: str, shop: Path, echo: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_secrets(where, shop, monkeypatch)
    answer = shop / "answer"
    answer.write_text(EVERY_FORM, encoding="utf-8")
    page = shop / "small.md"
    page.write_text(
        page.read_text().replace(
            'path = "/health"', 'path = "/health"\nheaders = { Authorization = "Bearer $SHOP_TOKEN" }'
        )
    )
    store = start_run(shop, f"cat {answer} >&2")
    log = shop / "log"
    with log.open("wb") as errors:
        bot = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve", "--no-slack"], stderr=errors, env=os.environ)
        try:
            wait_for(lambda: store.run(1).state == RunState.ROLLED_BACK, "the end of the rollback", 60)
        finally:
            bot.terminate()
            bot.wait()
    record = store.record(1)
    shown = " ".join(str(attempt.outcome) for attempt in record.attempts)
    assert shown.count("•••") > len(ALL) * len(FORMS), "the answers are not in the record, so this proves nothing"
    store.close()
    left = {path.name: path.read_bytes().decode("utf-8", "replace") for path in shop.glob("gonogo.db*")}
    left["log"] = log.read_text()
    html = shop / "report.html"
    for words in (["status"], ["log"], ["report"], ["report", "1", "--html", str(html)]):
        code, out, err = run(capsys, *words)
        assert code == 0, err
        left[" ".join(words[:2])] = out + err
    left["html"] = html.read_text()
    found = [
        (place, name, secret)
        for place, text in left.items()
        for secret in ALL
        for name, form in FORMS.items()
        if form(secret) in text or secret in text
    ]
    assert not found
    pieces = [
        "kX9vB2qT",
        "p@ss+w",
        "with space",
        "8f2d0c5b7a",
        "line-one-of",
        "line-two-of",
        "mark-6-half",
        "other-half",
    ]
    assert not [(place, piece) for place, text in left.items() for piece in pieces if piece in text]


def test_the_traceback_of_a_terminal_command_shows_no_secret(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = SECRETS["GIT_DEPLOY_TOKEN"]
    monkeypatch.setenv("GIT_DEPLOY_TOKEN", secret)

    def fail(*_: object) -> None:
        raise RuntimeError(f"it broke with {secret}", datetime.now(UTC))

    monkeypatch.setattr("bot.settings.read_settings", fail)
    code, out, err = run(capsys, "status")
    assert code == 1
    assert "RuntimeError" in err
    assert "•••" in err
    assert secret not in out + err

"""For every test of the Slack edge: no proxy, and short waits."""

from __future__ import annotations

import pytest

from bot.slack import allowance
from bot.slack.outbox import poster, run_thread


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_thread, "REDRAW", 0.2)
    monkeypatch.setattr(run_thread, "POLL", 0.05)
    monkeypatch.setattr(poster, "POLL", 0.05)
    monkeypatch.setattr(allowance, "AT_START", 100.0)  # each test is a bot after a quiet time


@pytest.fixture
def empty_start(_short_waits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process of the bot begins as in production."""
    monkeypatch.setattr(allowance, "AT_START", 0.0)

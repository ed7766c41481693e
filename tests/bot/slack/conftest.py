"""What every test of the Slack edge needs: no proxy between it and the workspace on loopback, and no long waits."""

from __future__ import annotations

import pytest

from bot.slack.outbox import poster
from bot.slack.outbox import run_thread as carrier


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "REDRAW", 0.2)
    monkeypatch.setattr(carrier, "POLL", 0.05)
    monkeypatch.setattr(poster, "POLL", 0.05)

"""An SSH server of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.tools.ssh.own_server import OwnServer, own_server


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """A server of the test's own."""
    with own_server(tmp_path, patch=monkeypatch) as running:
        yield running

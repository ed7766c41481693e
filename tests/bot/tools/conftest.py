"""A temporary folder for the tests of throw-away servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def temp() -> Iterator[Path]:
    """A temporary folder that a server's user reaches, with a short path."""
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        Path(name).chmod(0o1777)
        yield Path(name)

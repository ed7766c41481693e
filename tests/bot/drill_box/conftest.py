"""A folder for a box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def shorter() -> Iterator[Path]:
    """The same where the folder of the sandboxes has a long name, as for a record in PostgreSQL."""
    with TemporaryDirectory(prefix="b", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short path: the target's sockets are in it."""
    return tmp_path_factory.mktemp("b")

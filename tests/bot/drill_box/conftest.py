"""A folder for a box."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short path: the target's sockets are in it."""
    return tmp_path_factory.mktemp("b")

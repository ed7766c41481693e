"""A temporary folder for scratch servers, and web places for the web and the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.tools.places import WebPlace
from tests.bot.tools.site import served


@pytest.fixture
def temp() -> Iterator[Path]:
    """A temporary folder with a short path that the server's user can enter."""
    with TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        Path(name).chmod(0o1777)
        yield Path(name)


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, WebPlace]]:
    """The places of `tests.bot.tools.site`."""
    with served() as places:
        yield places

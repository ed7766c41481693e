"""Parts of the small page that tests replace to make a bad page."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from state.errors import BadPage

DEPLOY_BOX = '```toml run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"\n```'


def line_of(text: str, needle: str) -> int:
    """The line on which a text first starts, counted from 1."""
    return text[: text.index(needle)].count("\n") + 1


def page_error(text: str) -> BadPage:
    """The error of a page that must be refused."""
    with pytest.raises(BadPage) as caught:
        read_page(text, "page.md")
    return caught.value

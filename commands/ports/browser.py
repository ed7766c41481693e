"""Web pages in a real browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from commands.ports.page_text import Text


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A web page to open: `sees` must be visible there, by text, label or role name. `limit` is in seconds."""

    path: Text
    sees: Sequence[str] = ()
    click: Sequence[str] = ()
    headers: Mapping[str, Text] = field(default_factory=dict)
    limit: float = 30


@dataclass(frozen=True, kw_only=True)
class BrowserResult:
    """What the browser found: missing texts, console errors, and paths that failed or answered 400 or more."""

    title: str
    missing: tuple[str, ...]
    console: tuple[str, ...]
    bad_answers: tuple[str, ...]


class Browser(Protocol):
    """A real headless browser."""

    def unavailable(self) -> str | None:
        """Why this machine has no browser, or None if it has one."""

    def launch_error(self) -> str | None:
        """Start the browser and stop it again. Return why it does not start, or None."""

    def visit(self, place: str, visit: Visit) -> BrowserResult:
        """Open the page, click `click` in order, and check what is visible. Raises Unreachable, Failed."""

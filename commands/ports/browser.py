"""Pages in a real browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A page to open in a real browser: what must be visible there, by text, label or role name."""

    path: str
    sees: Sequence[str] = ()
    click: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    limit: float = 30


@dataclass(frozen=True, kw_only=True)
class BrowserResult:
    """What the browser saw: missing texts, console errors, and addresses (paths) that answered 400 or more."""

    title: str
    missing: tuple[str, ...]
    console: tuple[str, ...]
    bad_answers: tuple[str, ...]


class Browser(Protocol):
    """A real headless browser."""

    def unavailable(self) -> str | None:
        """Why there is no browser on this machine, or None when there is one."""

    def broken(self) -> str | None:
        """Start a browser and end it again: why it does not start, or None."""

    def visit(self, place: str, visit: Visit) -> BrowserResult:
        """Open the page, click through `click` in order, and look. Raises Unreachable, Failed."""

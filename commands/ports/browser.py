"""Web pages in a real browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, Protocol

from commands.ports.page_text import Text
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Act:
    """One act in the browser: open a path of the place, fill a field with a value, click, or wait until it is visible.

    `target` is a path, or what a person reads: a text, a label, a placeholder, a name. After "css=" it is a selector.
    """

    kind: Literal["open", "fill", "click", "wait"]
    target: Text
    value: Text = ""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A web page to open: after `acts`, `sees` must be visible there, by text, label or role name. `limit` is in s.

    All of it is one session: what a log-in sets (cookies, storage) is there for the next act, and gone afterwards.
    """

    path: Text
    sees: Sequence[str] = ()
    acts: Sequence[Act] = ()
    headers: Mapping[str, Text] = field(default_factory=dict)
    limit: float = 30


@dataclass(frozen=True, kw_only=True)
class BrowserResult:
    """What the browser found: missing texts, console errors, and paths that failed or answered 400 or more.

    `elsewhere` are such paths of other sites, with their hosts; `limited` are those of this one that a limit on
    requests answered (429), which lets one pass again after `pause` seconds. `remarks` are the browser's own about
    headers of the page. `covered` has the words of what lies over a text that is visible, and `tabs` are other tabs
    that a click opened, as hosts with paths. `asked` is what the page asked or told in a window of its own (`confirm`,
    `alert`), which was cancelled. `stuck` says, as a clause, which act could not be done, or that the page
    shows nothing at all where no text must be visible; empty otherwise.
    """

    title: str
    missing: tuple[str, ...]
    console: tuple[str, ...]
    bad_answers: tuple[str, ...]
    stuck: str = ""
    elsewhere: tuple[str, ...] = ()
    limited: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    covered: Mapping[str, str] = field(default_factory=dict)
    tabs: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    pause: float = 0.0


class Browser(Protocol):
    """A real headless browser."""

    def unavailable(self) -> str | None:
        """Why this machine has no browser, or None if it has one."""

    def launch_error(self) -> str | None:
        """Start the browser and stop it again. Return why it does not start, or None."""

    def visit(self, place: str, visit: Visit) -> BrowserResult:
        """Open the page, do the acts in order, and check what is visible. Raises Unreachable, Failed, BadValue.

        A value with a variable of the bot is typed only on a page of one of the page's own web places. Answers of 401
        before the last act is done are not counted: that is how a page finds out that nobody is logged in.
        """

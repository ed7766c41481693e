"""The seam to the outside world: what a step may ask of hosts, databases, the web, a browser and the clock.

The real ones live in `bot/tools/`, the one fake in `tests/world.py`. Places are named as on the page ("production",
"api"); which address or key a name stands for is known to the edge alone. A text value that is `$NAME`
stands for an environment variable of the bot and is resolved at the edge, so that no secret passes through here.
Every tool raises only the `ToolError`s of `state.errors`, and hides secrets in all that it returns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, Protocol

from commands.ports.scratch_server import ScratchServers

TAIL = 64 * 1024  # bytes of output that are kept where nothing else is said
USER_AGENT = "gonogo"  # how the bot's own requests are known in a web server's log


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command to be run once on a host, detached, in its own process group.

    `key` names its folder on the host: the same key is attached to, never started twice. `script` is bash, run with
    `set -euo pipefail`. `env` is exported to it and never appears on a command line. `limit` is in seconds.
    """

    key: str
    script: str
    env: Mapping[str, str] = field(default_factory=dict)
    limit: float


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended: exit `code`, the end of its output (`tail`, both streams, `TAIL` bytes or as many as asked), its `size`."""

    code: int
    tail: str
    size: int
    seconds: float

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last 8 lines of the output, for the thread."""
        return tuple(self.tail.splitlines()[-8:])


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """What is known of a job on its host: 'absent', 'running', 'finished' (then `finished` is set) or 'dead' (no process, no exit code)."""

    state: str
    finished: CommandResult | None = None


OutputListener = Callable[[str], None]


def ignore_output(text: str) -> None:
    """A `OutputListener` that nobody listens to."""


class Shell(Protocol):
    """Commands on hosts over SSH."""

    def run(self, host: str, job: Job, *, stop: Event, on_output: OutputListener = ignore_output) -> CommandResult:
        """Start the job, or attach to it where it exists, and stay until it ends.

        While it runs, `hear` is handed the newest output (whole lines, without secrets) every few seconds.

        Raises Unreachable (nothing begun), Stopped (`stop` was set; the process group is dead), Failed (over its
        limit; killed), LostTrack (begun, and the host could not be reached again).
        """

    def job_status(self, host: str, key: str) -> JobStatus:
        """Say what is known of a job. Raises Unreachable."""

    def end(self, host: str, key: str) -> None:
        """End a job's process group; one that never began is claimed, so that it never will. Raises Unreachable, Failed."""

    def ask(
        self, host: str, script: str, *, env: Mapping[str, str] | None = None, limit: float = 30, keep: int = TAIL
    ) -> CommandResult:
        """Run a short command that changes nothing (no job is kept), and keep so many bytes of the end of its output.

        Raises Unreachable, Failed (over its limit).
        """

    def close(self) -> None:
        """Give the connections back; the next use makes new ones."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The answer to a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One SQL file, applied in one transaction together with its receipt (`key`). Times are in seconds."""

    key: str
    name: str
    text: str
    lock_timeout: float
    limit: float
    receipt: bool = True


@dataclass(frozen=True, kw_only=True)
class MigrationResult:
    """How a migration went; `already` says that its receipt was there and nothing was done."""

    already: bool
    seconds: float


class Database(Protocol):
    """Databases."""

    def query(self, database: str, sql: str, *, limit: float = 30) -> Rows:
        """Run a query in a read-only transaction. Raises Unreachable, Failed."""

    def apply(
        self, database: str, migration: Migration, *, stop: Event, on_output: OutputListener = ignore_output
    ) -> MigrationResult:
        """Apply a file once, all or nothing; `hear` is told who holds a lock that it waits for.

        Raises Unreachable, Failed (rolled back; the sentence quotes the failing statement and its line), Stopped
        (cancelled and rolled back), LostTrack (the connection broke; it may have been committed).
        """

    def has_receipt(self, database: str, key: str, *, limit: float = 30) -> bool:
        """Wait for whoever applies this key now, then say whether its receipt is there. Raises Unreachable, Failed."""


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One HTTP request to a web place; `path` is appended to its address. `limit` is in seconds."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    limit: float = 10


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """What came back; `seconds` is from the request to the last byte. Redirects are not followed."""

    status: int
    seconds: float
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """The body as JSON, which knows no NaN and no Infinity. Raises ValueError."""
        return json.loads(self.text, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


class Web(Protocol):
    """HTTP requests."""

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        """Send one request.

        Raises Unreachable (the bot found no way to it), Down (it takes no connection), LostTrack (sent, and no whole
        answer came in time).
        """

    def close(self) -> None:
        """Give the connections back; the next request makes new ones."""


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


class Linter(Protocol):
    """What experience says of SQL that runs on a busy database."""

    def lint(self, text: str) -> list[Finding]:
        """Long locks, statements that break clients, and the like, in the order of the file. Raises Failed."""


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """The present moment, in UTC, aware."""

    def monotonic(self) -> float:
        """Seconds since some moment, which only ever grow, whatever is done to the time of day."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """All the tools a step is handed."""

    shell: Shell
    sql: Database
    web: Web
    browser: Browser
    linter: Linter
    scratch: ScratchServers
    clock: Clock

    def close(self) -> None:
        """Give every connection back."""
        self.web.close()
        self.shell.close()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that keeps a file from running as one transaction, in words for the page's author."""

    line: int
    statement: str
    why: str

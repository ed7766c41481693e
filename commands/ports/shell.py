"""Commands on hosts: jobs that run once and can be found again, and read-only commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from threading import Event
from typing import Protocol

from commands.ports.page_text import Text
from state.frozen import dataclass

# psql's quote of the statement, its caret and what follows them; SQLAlchemy's statement and link; Node's version
_BEHIND_AN_ERROR = re.compile(
    r"\W*$|(?:LINE \d+|HINT|DETAIL|CONTEXT|QUERY):|\[(?:SQL|parameters): |\(Background on this error|Node\.js v\d"
)
# the line with which a program says what is wrong, wherever a line's time or module stands before it; npm's first;
# that of node-postgres or git, at the start of a line; and the one above what Rails and rake say
_ERROR = re.compile(
    r"(?:^|[\s:.])\w*(?:Error|Exception|ERROR|FATAL)(?: \[[\w.]+\] |:\s+)\S|npm (?:error|ERR!) code \S"
    r"|^(?:error|fatal): \S|^r\w+ aborted!$"
)
_EMPTY = re.compile(r"(?:npm (?:error|ERR!))?\s*$")
_FROM_ERROR = 6  # of the lines that people see of a command that failed
TAIL = 64 * 1024  # bytes of output that are kept by default


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command that runs once on a host, detached, in its own process group.

    `key` names its folder on the host: a second start with the same key attaches to the first. `script` is bash, run
    with `set -euo pipefail`. `env` is exported to it and never appears on a command line. Nothing is resolved in
    `script`. `limit` is in seconds.
    """

    key: str
    script: str
    env: Mapping[str, Text] = field(default_factory=dict)
    limit: float


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended: its exit code, the end of its output, and the size of its output in bytes.

    `tail` holds both streams, `TAIL` bytes of them or as many as the caller asked for. `greeting` is what the host's
    shell printed by itself before the command; it is no part of `tail`.
    """

    code: int
    tail: str
    size: int
    seconds: float
    greeting: str = ""

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last 8 lines of the output, for the thread."""
        return tuple(self.tail.splitlines()[-8:])

    @property
    def ends_with_error(self) -> bool:
        """Whether one of the last 8 lines names an error."""
        return any(map(_ERROR.search, self.last_lines))

    @property
    def error_lines(self) -> tuple[str, ...]:
        """Of a command that failed, 8 lines for the thread: the first that names an error, what follows, and the end.

        A program may say it first and print more behind it: a stack, or what it had done before and kept back.
        """
        lines = self.tail.splitlines()
        first = next((number for number, line in enumerate(lines) if _ERROR.search(line)), len(lines))
        if first >= len(lines) - len(self.last_lines):
            return self.last_lines
        said = [line for line in lines[first:] if not _EMPTY.match(line)]
        return (*said[:_FROM_ERROR], *said[_FROM_ERROR:][-2:])

    @property
    def last_line(self) -> str:
        """The last line of the output that says something, 160 characters at most, or "exit CODE" without output.

        What programs print behind the line that says what is wrong (a caret, a hint, their version) says nothing.
        """
        lines = self.tail.strip().splitlines() or [f"exit {self.code}"]
        return next((line for line in reversed(lines) if not _BEHIND_AN_ERROR.match(line)), lines[-1])[:160]


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """What is known of a job on its host.

    `state` is 'absent', 'running', 'finished' (then `finished` is set) or 'dead' (no process and no exit code).
    """

    state: str
    finished: CommandResult | None = None


OutputListener = Callable[[str], None]


def ignore_output(text: str) -> None:
    """An `OutputListener` that does nothing."""


class Shell(Protocol):
    """Commands on hosts, over SSH or on the bot's own machine."""

    def run(self, host: str, job: Job, *, stop: Event, on_output: OutputListener = ignore_output) -> CommandResult:
        """Start the job, or attach to it if it exists, and wait for its end.

        While it runs, `on_output` gets the newest output (whole lines, without secrets) every few seconds.

        A connection that is lost meanwhile is opened again, however often.

        Raises Unreachable (nothing was started), Stopped (`stop` was set; the process group was killed), Failed (over
        its limit; killed), LostTrack (started, and the host could not be reached again).
        """

    def job_status(self, host: str, key: str) -> JobStatus:
        """Report what is known of a job. Raises Unreachable."""

    def end(self, host: str, key: str) -> None:
        """Kill a job's process group, and the containers with its label (`gonogo.job=$GONOGO_JOB`).

        A job that has not started is claimed, so that it never will.

        Raises Unreachable, Failed.
        """

    def remove_jobs(self, host: str, run: str) -> bool:
        """Remove the folders of a run's jobs; `run` is its key. False if one is left, as its job may still be running.

        Raises Unreachable, Failed.
        """

    def ask(
        self, host: str, script: str, *, env: Mapping[str, Text] | None = None, limit: float = 30, keep: int = TAIL
    ) -> CommandResult:
        """Run a short command that may be run again, without a job. Keeps `keep` bytes of the end of its output.

        If the connection is lost, the command is run again. Raises Unreachable, Failed (over its limit).
        """

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""

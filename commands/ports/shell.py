"""Commands on hosts over SSH: a job that is run once and found again, and questions that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

TAIL = 64 * 1024  # bytes of output that are kept where nothing else is said


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

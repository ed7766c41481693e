"""A Shell that runs scripts on this machine as the real one does on a host."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event

from bot.tools.postgres.address import script_variables
from commands.ports.page_text import Text
from commands.ports.shell import TAIL, CommandResult, Job, JobStatus, OutputListener, ignore_output


class LocalShell:
    """`environ` gives the `$NAME`s, `path` comes before the usual PATH. A job that ended never starts again.

    `within` are words before the command, which bring it elsewhere; `base` is then its environment.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        path: Path | None = None,
        *,
        within: Sequence[str] = (),
        base: Mapping[str, str] | None = None,
    ) -> None:
        self.environ = environ
        self.within = within
        own = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
        self.base = {"PATH": own, "HOME": os.environ["HOME"], "LC_ALL": "C.UTF-8", **(base or {})}
        self.ended: dict[str, CommandResult] = {}
        self.dead: set[str] = set()
        self.told_to_end: list[str] = []

    def run(self, host: str, job: Job, *, stop: Event, on_output: OutputListener = ignore_output) -> CommandResult:
        if job.key not in self.ended:
            self.ended[job.key] = self.ask(host, job.script, env=job.env, limit=job.limit)
        return self.ended[job.key]

    def job_status(self, host: str, key: str) -> JobStatus:
        if key in self.dead:
            return JobStatus(state="dead")
        found = self.ended.get(key)
        return JobStatus(state="finished", finished=found) if found else JobStatus(state="absent")

    def end(self, host: str, key: str) -> None:
        """Nothing runs by itself here; it is only noted."""
        self.told_to_end.append(key)

    def remove_jobs(self, host: str, run: str) -> bool:
        return True  # there are no folders

    def close(self) -> None:
        """Nothing is open."""

    def ask(
        self, host: str, script: str, *, env: Mapping[str, Text] | None = None, limit: float = 30, keep: int = TAIL
    ) -> CommandResult:
        resolved = script_variables(env or {}, self.environ)
        began = time.monotonic()
        result = subprocess.run(
            # on standard input, as over SSH: an argument may have 128 kB at most
            [*self.within, "bash", "-c", 'script=$(cat); exec < /dev/null; set -euo pipefail; eval "$script"'],
            input=script.encode(),
            env={**self.base, **resolved},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            check=False,
        )
        tail = result.stdout[-keep:].decode(errors="replace")
        return CommandResult(
            code=result.returncode, tail=tail, size=len(result.stdout), seconds=time.monotonic() - began
        )

"""The host of a target: one folder on this machine, and the processes that run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path

import psutil

from state.frozen import dataclass

PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"


class TargetError(Exception):
    """The target did not start, or a command on it failed. The message says which one and where."""


@dataclass(frozen=True)
class Host:
    """The folders of one target, and the processes started in them.

    Each process gets the host's home folder as HOME. By this a process that a crash left behind is recognised.
    """

    folder: Path
    cache: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list, compare=False)

    @property
    def home(self) -> Path:
        """The HOME of every process."""
        return self.folder / "home"

    @property
    def bin(self) -> Path:
        """The programs of the host."""
        return self.folder / "bin"

    @property
    def logs(self) -> Path:
        """The output of each process, in `<name>.log`."""
        return self.folder / "logs"

    @property
    def access_log(self) -> Path:
        """The access log of the reverse proxy, one line per request."""
        return self.logs / "access.log"

    @property
    def keys(self) -> Path:
        """SSH keys and the maintenance bypass token."""
        return self.folder / "keys"

    @property
    def srv(self) -> Path:
        """Repositories, backups and published pages."""
        return self.folder / "srv"

    @property
    def audit_log(self) -> Path:
        """The log in which the target records what is done to it, one JSON object per line."""
        return self.folder / "audit.log"

    def environment(self) -> dict[str, str]:
        """The environment variables of every process."""
        return {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:{PLAIN_PATH}",
            "LANG": "C.UTF-8",
            "CHECKPOINT_DISABLE": "1",
        }

    def run(self, command: Sequence[str | Path], cwd: Path | None = None) -> str:
        """Run a command and return its standard output. Raises TargetError with its output when it fails."""
        result = subprocess.run(
            [str(word) for word in command], cwd=cwd or self.folder, env=self.environment(), capture_output=True,
            text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if result.returncode:
            output = (result.stderr + result.stdout)[-2000:]
            words = " ".join(map(str, command))
            raise TargetError(f"`{words}` in {cwd or self.folder} failed with exit code {result.returncode}: {output}")
        return result.stdout

    def spawn(self, name: str, command: Sequence[str | Path], user: int | None = None) -> None:
        """Start a process in a process group of its own, and record its id so that it can be stopped later.

        Its output goes to logs/<name>.log.
        """
        # the process must find our modules, however this process found them
        environment = self.environment() | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                [str(word) for word in command], cwd="/" if user else self.folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                user=user, group=user, extra_groups=None if user is None else [],
            )  # fmt: skip
        self.children.append(child)
        with self._pid_file.open("a") as pids:
            pids.write(f"{_pid_line(psutil.Process(child.pid))}\n")

    def stop_processes(self) -> None:
        """Stop every process of the host: SIGTERM, and SIGKILL after three seconds."""
        processes = self.processes()
        for process in processes:
            _signal(process.terminate)
        _, alive = psutil.wait_procs(processes, timeout=3)
        for process in {*alive, *self.processes()}:
            _signal(process.kill)
        psutil.wait_procs(alive, timeout=3)
        for child in self.children:
            child.wait()
        self.children.clear()
        self._pid_file.unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """Every living process of the host, found by its recorded id or by its home folder."""
        recorded = self._pid_file.read_text().splitlines() if self._pid_file.exists() else []
        spawned = [process for process in psutil.process_iter() if _pid_line(process) in recorded]
        families = [member for process in spawned for member in _with_descendants(process)]
        at_home = [process for process in psutil.process_iter() if _home_of(process) == str(self.home)]
        return list({*families, *at_home})

    def write_audit(self, what: str, **facts: object) -> None:
        """Add a line to the audit log."""
        with self.audit_log.open("a") as log:
            log.write(json.dumps({"what": what, "at": time.time(), **facts}) + "\n")

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pids"


def _pid_line(process: psutil.Process) -> str:
    """A process in the pid file: the creation time tells it from a later process with the same id."""
    return f"{process.pid} {process.create_time()}"


def _with_descendants(process: psutil.Process) -> list[psutil.Process]:
    """The process and all its descendants; nothing when it ended meanwhile: its children are found by their HOME."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _home_of(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("HOME", ""))
    except psutil.Error:  # another user's process, or one that ended meanwhile
        return ""


def _signal(send: Callable[[], None]) -> None:
    try:
        send()
    except psutil.NoSuchProcess:
        return

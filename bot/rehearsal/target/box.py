"""The box a target lives in: its folders, its processes, and how every one of them is found and ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"
_held: list[socket.socket] = []  # what keeps the ports of free_port from everybody else


class TargetError(Exception):
    """The target could not be brought up or asked; the message says what and where."""


@dataclass(frozen=True)
class Box:
    """The folders of one target, and the processes started in them.

    Every process gets the box's own home folder as HOME, and that is how a process left behind by a crash is known.
    """

    folder: Path
    cache: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list, compare=False)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def access_log(self) -> Path:
        """The front door's log, one line a request."""
        return self.logs / "access.log"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def srv(self) -> Path:
        return self.folder / "srv"

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:{PLAIN_PATH}",
            "LANG": "C.UTF-8",
            "CHECKPOINT_DISABLE": "1",
        }

    def run(self, words: Sequence[str | Path], cwd: Path | None = None) -> str:
        """Runs a command in the box and returns its standard output; raises TargetError with what it said."""
        done = subprocess.run(
            [str(word) for word in words], cwd=cwd or self.folder, env=self.environment(), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr + done.stdout)[-2000:]
            raise TargetError(
                f"{' '.join(map(str, words))} in {cwd or self.folder} ended with {done.returncode}: {said}"
            )
        return done.stdout

    def spawn(self, name: str, words: Sequence[str | Path], user: int | None = None) -> None:
        """Starts a process of its own group that writes to logs/<name>.log, and writes its id down for a later stop."""
        # Our own modules must be found too, however this process found them.
        environment = self.environment() | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with (self.logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                [str(word) for word in words], cwd="/" if user else self.folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                user=user, group=user, extra_groups=None if user is None else [],
            )  # fmt: skip
        self.children.append(child)
        with (self.folder / "pids").open("a") as pids:
            pids.write(f"{_line_of(psutil.Process(child.pid))}\n")

    def end_all(self) -> None:
        """Ends every process of the box: asks, waits three seconds, then kills."""
        found = self.processes()
        for process in found:
            _quietly(process.terminate)
        _, left = psutil.wait_procs(found, timeout=3)
        for process in {*left, *self.processes()}:
            _quietly(process.kill)
        psutil.wait_procs(left, timeout=3)
        for child in self.children:
            child.wait()
        self.children.clear()
        (self.folder / "pids").unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """Every living process of the box, found by id and by home folder."""
        pids = self.folder / "pids"
        ours = pids.read_text().splitlines() if pids.exists() else []
        written = [process for process in psutil.process_iter() if _line_of(process) in ours]
        families = [one for process in written for one in _family(process)]
        at_home = [process for process in psutil.process_iter() if _home_of(process) == str(self.home)]
        return list({*families, *at_home})

    def write_down(self, what: str, **facts: object) -> None:
        """Adds one line to the box's audit log."""
        with self.audit_log.open("a") as log:
            log.write(json.dumps({"what": what, "at": time.time(), **facts}) + "\n")


def _line_of(process: psutil.Process) -> str:
    """How a process is written down."""
    return f"{process.pid} {process.create_time()}"


def _family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all below it; nothing when it has ended meanwhile, for what it began is found by its home."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _home_of(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("HOME", ""))
    except psutil.Error:  # not ours to look into, or gone meanwhile
        return ""


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except psutil.NoSuchProcess:
        return


def free_port() -> int:
    """A loopback port that nobody listens on, and that nobody else is given as long as this process lives.

    A target binds its ports seconds after it chose them. Until then they must not go to another target, nor to any
    connection that goes out. On Linux a server may still bind a port that is only bound and not listened on.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port = int(probe.getsockname()[1])
    if sys.platform == "linux":
        _held.append(probe)
    else:  # there nobody else could bind it
        probe.close()
    return port


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Waits for `ready`; raises TargetError naming `what` when it does not come in time."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TargetError(f"{what} was not ready within {seconds:.0f} s.")
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether something accepts connections on that loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """Whether a web server answers at that address, whatever it says."""
    try:
        httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return True

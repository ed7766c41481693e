"""A program in a process of this machine, spoken to as over an SSH channel."""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import threading
from collections.abc import Mapping
from typing import IO

_TICK = 0.05  # seconds in which a close is noticed
_PIECE = 64 * 1024  # bytes that are written at a time


class LocalChannel:
    """`bot.tools.ssh.exchange.Channel`. The program has a session of its own, and lives on after `close`.

    It then ends by itself, as one does whose SSH connection is lost: nobody reads what it writes.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self.exit_status = -1
        self.status_event = threading.Event()
        self._env = env
        self._limit: float | None = None
        # a close from another thread waits until no pipe is in use
        self._mutex = threading.Lock()
        self._pipes: dict[str, IO[bytes]] = {}

    def exec_command(self, command: str) -> None:
        """Start the program, without a shell. Raises OSError."""
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=self._env,
            cwd=self._env["HOME"],
            start_new_session=True,
        )
        pipes = {"in": process.stdin, "out": process.stdout, "errors": process.stderr}
        self._pipes = {name: pipe for name, pipe in pipes.items() if pipe}
        os.set_blocking(self._pipe("in").fileno(), False)
        threading.Thread(target=self._reap, args=(process,), name="local program", daemon=True).start()

    def settimeout(self, seconds: float) -> None:
        """How long `recv` and `recv_stderr` wait."""
        self._limit = seconds

    def sendall(self, data: bytes) -> None:
        """Write to the program's input. Raises OSError if it has ended, or after `close`."""
        rest = memoryview(data)
        while rest:
            with self._mutex:
                pipe = self._pipe("in")
                if _ready(pipe, select.POLLOUT, _TICK):
                    rest = rest[os.write(pipe.fileno(), rest[:_PIECE]) :]

    def shutdown_write(self) -> None:
        """End the program's input."""
        with self._mutex:
            self._pipe("in").close()

    def recv(self, size: int) -> bytes:
        """Its next output; empty at the end. Raises TimeoutError."""
        with self._mutex:
            return self._read("out", size)

    def recv_stderr(self, size: int) -> bytes:
        """Its next bytes on standard error; empty at the end. Raises TimeoutError."""
        with self._mutex:
            return self._read("errors", size)

    def recv_stderr_ready(self) -> bool:
        """Whether `recv_stderr` would not wait."""
        with self._mutex:
            return _ready(self._pipe("errors"), select.POLLIN, 0)

    def exit_status_ready(self) -> bool:
        """Whether the program has ended; `exit_status` is -1 if a signal ended it."""
        return self.status_event.is_set()

    def close(self) -> None:
        """Close its input and output."""
        with self._mutex:
            while self._pipes:
                self._pipes.popitem()[1].close()

    def _read(self, name: str, size: int) -> bytes:
        pipe = self._pipe(name)
        if not _ready(pipe, select.POLLIN, self._limit):
            raise TimeoutError
        return os.read(pipe.fileno(), size)

    def _pipe(self, name: str) -> IO[bytes]:
        try:
            return self._pipes[name]
        except KeyError:
            raise OSError("it is closed") from None

    def _reap(self, process: subprocess.Popen[bytes]) -> None:
        self.exit_status = max(process.wait(), -1)
        self.status_event.set()


def _ready(pipe: IO[bytes], event: int, seconds: float | None) -> bool:
    poll = select.poll()
    poll.register(pipe, event)
    return bool(poll.poll(None if seconds is None else seconds * 1000))

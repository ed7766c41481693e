"""One program on a host: its input, its output and its status line."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import paramiko

from commands.ports.shell import TAIL

TICK = 0.05  # seconds that are waited for output at a time
START_LIMIT = 30.0  # seconds until the host has taken the program and its input
END_LIMIT = 5.0  # seconds for the status line, once the output has ended
MAX_ERRORS = 16 * 1024  # bytes that are kept of standard error, which holds only the status line
# each program of the job protocol ends with it
_STATUS_LINE = re.compile(rb"^gonogo: (\w{1,20}) (\d{1,9})$", re.MULTILINE)


@dataclass
class Output:
    """The output so far: its end, its whole size, and the status line of the program (state and exit code)."""

    keep: int = TAIL
    tail: bytearray = field(default_factory=bytearray)
    size: int = 0
    status: tuple[str, int] | None = None

    @property
    def cut(self) -> bool:
        """Whether `tail` lacks the beginning."""
        return self.size > len(self.tail)

    def add(self, data: bytes) -> None:
        """Add the next bytes."""
        self.tail += data
        self.size += len(data)
        if len(self.tail) > 2 * self.keep:
            del self.tail[: -self.keep]


def exchange(
    channel: paramiko.Channel, command: str, payload: bytes, output: Output, limit: float
) -> Generator[None, None, None]:
    """Run one program. Yields after each piece of output and each tick; sets `output.status` at the end.

    The caller ends it at its own limit, by closing the generator. Only the start waits longer than a tick, for `limit`
    seconds at most. Nothing is raised: of a lost connection there is no status line.
    """
    errors = bytearray()
    try:
        _start(channel, command, payload, limit)
        channel.settimeout(TICK)
        ended = False
        until = float("inf")
        while time.monotonic() < until:
            yield
            if not ended:
                ended = _receive(channel, output)
                until = time.monotonic() + END_LIMIT if ended else until
            # no more than one piece of it at a time, so that it cannot keep the caller waiting either
            if (ended or channel.recv_stderr_ready()) and not _receive_errors(channel, errors):
                break
    except (paramiko.SSHException, OSError, EOFError):
        pass
    finally:
        channel.close()
    if found := _STATUS_LINE.findall(errors):
        state, code = found[-1]
        output.status = (state.decode(), int(code))


def _start(channel: paramiko.Channel, command: str, payload: bytes, limit: float) -> None:
    # the library would wait for the host's answer, and for room for the input, forever
    cut = threading.Timer(max(0.1, min(limit, START_LIMIT)), channel.close)
    cut.daemon = True
    cut.start()
    try:
        channel.exec_command(command)
        channel.sendall(payload)
        channel.shutdown_write()
    finally:
        cut.cancel()


def _receive(channel: paramiko.Channel, output: Output) -> bool:
    """Wait a tick for output; True if it has ended."""
    try:
        data = channel.recv(64 * 1024)
    except TimeoutError:
        return False
    output.add(data)
    return not data


def _receive_errors(channel: paramiko.Channel, errors: bytearray) -> bool:
    """Wait a tick for standard error; False if it has ended."""
    try:
        data = channel.recv_stderr(64 * 1024)
    except TimeoutError:
        return True
    errors += data
    del errors[:-MAX_ERRORS]
    return bool(data)

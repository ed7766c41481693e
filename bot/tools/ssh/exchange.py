"""One program on a host: its input, its output and its end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol

import paramiko

from bot.tools.ssh.job_protocol import Program
from bot.tools.ssh.marked_stream import MarkedStream
from commands.ports.shell import TAIL

TICK = 0.05  # seconds that are waited for output at a time
START_LIMIT = 30.0  # seconds until the host has taken the program and its input
END_LIMIT = 5.0  # seconds for standard error and the exit code, once the output has ended
MAX_ERRORS = 2_000  # bytes that are kept of standard error, where only a host that runs something else has words


class Channel(Protocol):
    """A place for one program, as paramiko.Channel is. `recv` and `recv_stderr` raise TimeoutError after `settimeout`.

    A channel that was closed or lost raises paramiko.SSHException, OSError or EOFError.
    """

    status_event: threading.Event
    exit_status: int

    def exec_command(self, command: str) -> None:
        """Start the program."""

    def settimeout(self, seconds: float, /) -> None:
        """How long to wait for output."""

    def sendall(self, data: bytes, /) -> object:
        """Write to its standard input."""

    def shutdown_write(self) -> None:
        """End its standard input."""

    def recv(self, size: int, /) -> bytes:
        """Its next output; empty at the end."""

    def recv_stderr(self, size: int, /) -> bytes:
        """Its next bytes on standard error; empty at the end."""

    def recv_stderr_ready(self) -> bool:
        """Whether there are some."""

    def exit_status_ready(self) -> bool:
        """Whether the program has ended; then `exit_status` is its exit code, or negative if that is not known."""

    def close(self) -> None:
        """Close it, also from another thread."""


@dataclass
class Output:
    """The program's own output so far: its end and its whole size.

    Of the newest exchange: whether the program has begun, its status (state and exit code), and what the host itself
    printed (`greeting` before the program, `errors` on standard error). `ended` is the exit code of whatever ran there;
    None if it is not known, as after a lost connection.
    """

    keep: int = TAIL
    tail: bytearray = field(default_factory=bytearray)
    size: int = 0
    begun: bool = False
    status: tuple[str, int] | None = None
    ended: int | None = None
    greeting: bytes = b""
    errors: bytes = b""

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


def exchange(channel: Channel, program: Program, output: Output, limit: float) -> Generator[None, None, None]:
    """Run one program. Yields after each piece of output and each tick; sets the fields of `output`.

    The caller ends it at its own limit, by closing the generator. Only the start waits longer than a tick, for `limit`
    seconds at most. Nothing is raised: of a lost connection there is neither a status nor an exit code.
    """
    output.begun, output.status, output.ended, output.greeting, output.errors = False, None, None, b"", b""
    stream, errors = MarkedStream(program.mark), bytearray()
    try:
        _start(channel, program, limit)
        channel.settimeout(TICK)
        yield from _receive_all(channel, stream, output, errors)
        if stream.status is None and channel.exit_status_ready() and channel.exit_status >= 0:
            output.ended = channel.exit_status
    except (paramiko.SSHException, OSError, EOFError):
        pass
    finally:
        output.status = stream.status
        output.greeting, output.errors = bytes(stream.before), bytes(errors)
        channel.close()


def _receive_all(
    channel: Channel, stream: MarkedStream, output: Output, errors: bytearray
) -> Generator[None, None, None]:
    """Receive until the program says its end, or until the host ends the session and says how."""
    ended = errors_ended = False
    until = float("inf")
    while stream.status is None and time.monotonic() < until:
        yield
        if not ended:
            ended = not _receive(channel, stream, output)
            until = time.monotonic() + END_LIMIT if ended else until
        # no more than one piece of it at a time, so that it cannot keep the caller waiting either
        if not errors_ended and (ended or channel.recv_stderr_ready()):
            errors_ended = not _receive_errors(channel, errors)
        elif ended and channel.status_event.wait(TICK):
            return


def _start(channel: Channel, program: Program, limit: float) -> None:
    # the library would wait for the host's answer, and for room for the input, forever
    cut = threading.Timer(max(0.1, min(limit, START_LIMIT)), channel.close)
    cut.daemon = True
    cut.start()
    try:
        channel.exec_command(program.command)
        # what ran there may have ended already: then its words and its exit code are still to be received
        with contextlib.suppress(OSError):
            channel.sendall(program.sent)
            channel.shutdown_write()
    finally:
        cut.cancel()


def _receive(channel: Channel, stream: MarkedStream, output: Output) -> bool:
    """Wait a tick for output; False if it has ended."""
    try:
        data = channel.recv(64 * 1024)
    except TimeoutError:
        return True
    output.add(stream.feed(data))
    output.begun = stream.begun
    return bool(data)


def _receive_errors(channel: Channel, errors: bytearray) -> bool:
    """Wait a tick for standard error; False if it has ended. The signs of life are left out."""
    try:
        data = channel.recv_stderr(64 * 1024)
    except TimeoutError:
        return True
    errors += data.replace(b"\0", b"")[: MAX_ERRORS - len(errors)]
    return bool(data)

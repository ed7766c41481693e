"""Reverse port forwards: connections to a port of the host's loopback come to this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Protocol

import paramiko

LOOPBACK = "127.0.0.1"
CHUNK = 64 * 1024  # bytes; this, the channel's window and the socket's buffer bound the data in transit
MAX_CONNECTIONS = 100  # through one port: every user of the host can connect to it
CLOSE_LIMIT = 5.0  # seconds for the threads to end when a forward is closed

Connect = Callable[[], socket.socket]


class Arrived(Protocol):
    """A connection that has come to the port: an SSH channel, or what is like one."""

    closed: bool

    def recv(self, size: int, /) -> bytes:
        """As of a socket."""

    def sendall(self, data: bytes, /) -> object:
        """As of a socket."""

    def shutdown_write(self) -> None:
        """End the half that this machine writes."""

    def close(self) -> None:
        """End the connection."""


_BROKEN = (OSError, EOFError, paramiko.SSHException)


class Forward:
    """One forwarded port. Two threads carry each connection, until both sides end or the forward is closed.

    `is_active` says whether the port can still be reached, `release` gives it back.
    """

    def __init__(self, port: int, to: Connect, *, is_active: Callable[[], bool], release: Callable[[], object]) -> None:
        self.port = port
        self._is_active = is_active
        self._release = release
        self._to = to
        self._mutex = threading.Lock()
        self._connections: dict[threading.Thread, tuple[Arrived, socket.socket | None]] = {}
        self._closed = False

    @property
    def lost(self) -> bool:
        """Whether the SSH connection is gone, and the port with it."""
        return not self._is_active()

    @property
    def over(self) -> bool:
        """Whether nothing can come through the port any more."""
        return self._closed or self.lost

    def accept(self, channel: Arrived) -> None:
        """Carry one more connection, in its own threads; returns at once."""
        thread = threading.Thread(target=self._carry, args=(channel,), name=f"forward {self.port}", daemon=True)
        with self._mutex:
            if accepted := not self._closed and len(self._connections) < MAX_CONNECTIONS:
                self._connections[thread] = (channel, None)
        if not accepted:
            channel.close()
            return
        try:
            thread.start()
        except RuntimeError:
            del self._connections[thread]
            raise

    def close(self) -> None:
        """Release the port and end every connection through it."""
        with self._mutex:
            self._closed = True
            connections = dict(self._connections)
        with contextlib.suppress(*_BROKEN):
            self._release()
        for channel, sock in connections.values():
            _end(channel, sock)
        for thread in connections:
            thread.join(CLOSE_LIMIT)

    def _carry(self, channel: Arrived) -> None:
        this = threading.current_thread()
        sock: socket.socket | None = None
        try:
            sock = self._to()
            with self._mutex:
                self._connections[this] = (channel, sock)
                closed = self._closed
            if not closed:
                self._both_ways(channel, sock)
        except _BROKEN:
            pass  # nothing listens here any more: the host sees its connection end
        finally:
            _end(channel, sock)
            if sock:
                sock.close()
            with self._mutex:
                del self._connections[this]

    def _both_ways(self, channel: Arrived, sock: socket.socket) -> None:
        def back() -> None:
            _pump(sock.recv, channel.sendall, channel.shutdown_write, lambda: _end(channel, sock))

        other = threading.Thread(target=back, name=f"forward {self.port} back", daemon=True)
        other.start()
        _pump(channel.recv, sock.sendall, lambda: sock.shutdown(socket.SHUT_WR), lambda: _end(channel, sock))
        # the end of the host's half keeps the other half open; the end of the connection ends both
        if channel.closed:
            _end(channel, sock)
        other.join()


class Forwards:
    """The forwards of one host, by port: the library has one handler for all connections that arrive."""

    def __init__(self) -> None:
        self._by_port: dict[int, Forward] = {}

    def add(self, forward: Forward) -> Forward:
        """Route connections to the forward's port to it from now on; a released port may be used again."""
        self._by_port = {
            **{port: other for port, other in self._by_port.items() if not other.over},
            forward.port: forward,
        }
        return forward

    def arrived(self, channel: paramiko.Channel, _origin: tuple[str, int], server: tuple[str, int]) -> None:
        """The library's handler. It runs in the connection's own thread, so it must neither wait nor fail."""
        try:
            self._by_port[server[1]].accept(channel)
        except (KeyError, RuntimeError):  # no such forward, or no more threads
            channel.close()


def _pump(
    read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], None], broken: Callable[[], None]
) -> None:
    """Copy until the reading side ends, which ends this half; an error ends the whole connection."""
    try:
        while data := read(CHUNK):
            write(data)
        end()
    except _BROKEN:
        broken()


def _end(channel: Arrived, sock: socket.socket | None) -> None:
    """End a connection on both sides; threads that wait on it continue."""
    with contextlib.suppress(*_BROKEN):
        channel.close()
    if sock:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

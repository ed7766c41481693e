"""Reverse port forwards of an SSH connection: connections to a port of the host's own loopback are carried to this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import paramiko

LOOPBACK = "127.0.0.1"
CHUNK = 64 * 1024  # bytes; what is on its way is bounded by this, the channel's window and the socket's buffer
AT_ONCE = 100  # connections through one port: every user of the host may knock there
PATIENCE = 5.0  # seconds in which the threads must end when a forward is closed

Connect = Callable[[], socket.socket]
_BROKEN = (OSError, EOFError, paramiko.SSHException)


class Forward:
    """One port. Each connection through it is carried by two threads, until both sides have ended or the forward is closed."""

    def __init__(self, transport: paramiko.Transport, port: int, to: Connect) -> None:
        self.port = port
        self._transport = transport
        self._to = to
        self._mutex = threading.Lock()
        self._carried: dict[threading.Thread, tuple[paramiko.Channel, socket.socket | None]] = {}
        self._closed = False

    @property
    def lost(self) -> bool:
        """Whether the SSH connection is gone, and the port with it."""
        return not self._transport.is_active()

    @property
    def over(self) -> bool:
        """Whether nothing will come through it any more."""
        return self._closed or self.lost

    def take(self, channel: paramiko.Channel) -> None:
        """Carry one more connection; returns at once."""
        thread = threading.Thread(target=self._carry, args=(channel,), name=f"forward {self.port}", daemon=True)
        with self._mutex:
            if taken := not self._closed and len(self._carried) < AT_ONCE:
                self._carried[thread] = (channel, None)
        if not taken:
            channel.close()
            return
        try:
            thread.start()
        except RuntimeError:
            del self._carried[thread]
            raise

    def close(self) -> None:
        """Give the port back and end every connection through it."""
        with self._mutex:
            self._closed = True
            carried = dict(self._carried)
        with contextlib.suppress(*_BROKEN):
            # the library's own cancel forgets the handler of every other forward of the connection, too
            self._transport.global_request("cancel-tcpip-forward", (LOOPBACK, self.port), wait=False)
        for channel, sock in carried.values():
            _end(channel, sock)
        for thread in carried:
            thread.join(PATIENCE)

    def _carry(self, channel: paramiko.Channel) -> None:
        this = threading.current_thread()
        sock: socket.socket | None = None
        try:
            sock = self._to()
            with self._mutex:
                self._carried[this] = (channel, sock)
                closed = self._closed
            if not closed:
                self._both_ways(channel, sock)
        except _BROKEN:
            pass  # nobody listens here any more: the host sees its connection end
        finally:
            _end(channel, sock)
            if sock:
                sock.close()
            with self._mutex:
                del self._carried[this]

    def _both_ways(self, channel: paramiko.Channel, sock: socket.socket) -> None:
        def back() -> None:
            _pump(sock.recv, channel.sendall, channel.shutdown_write, lambda: _end(channel, sock))

        other = threading.Thread(target=back, name=f"forward {self.port} back", daemon=True)
        other.start()
        _pump(channel.recv, sock.sendall, lambda: sock.shutdown(socket.SHUT_WR), lambda: _end(channel, sock))
        # an end of the host's half leaves the other; an end of the connection does not, whatever the server waits for
        if channel.closed:
            _end(channel, sock)
        other.join()


class Forwards:
    """The forwards of one host. An SSH library has one handler for all connections that arrive, so they are told apart by port."""

    def __init__(self) -> None:
        self._by_port: dict[int, Forward] = {}

    def add(self, forward: Forward) -> Forward:
        """Hand it what arrives at its port from now on; a port that was given back may be another's later."""
        self._by_port = {port: one for port, one in self._by_port.items() if not one.over} | {forward.port: forward}
        return forward

    def arrived(self, channel: paramiko.Channel, _origin: tuple[str, int], server: tuple[str, int]) -> None:
        """The library's handler. It runs in the connection's own thread, which must neither wait nor fail."""
        try:
            self._by_port[server[1]].take(channel)
        except (KeyError, RuntimeError):  # not ours, or no more threads
            channel.close()


def _pump(
    read: Callable[[int], bytes], write: Callable[[bytes], None], end: Callable[[], None], broken: Callable[[], None]
) -> None:
    """Pass on until the reading side has ended, which ends that half; where it breaks, all of it ends."""
    try:
        while data := read(CHUNK):
            write(data)
        end()
    except _BROKEN:
        broken()


def _end(channel: paramiko.Channel, sock: socket.socket | None) -> None:
    """End a connection on both sides; whoever waits for one of them goes on."""
    with contextlib.suppress(*_BROKEN):
        channel.close()
    if sock:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

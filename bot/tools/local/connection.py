"""The bot's own machine, used like a host over SSH: programs, and a port of its loopback."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress

from bot.tools.local.machine import close_memory
from bot.tools.local.process import LocalChannel
from bot.tools.ssh.forward import LOOPBACK, Connect, Forward
from state.errors import Unreachable


class LocalConnection:
    """`bot.tools.ssh.host_connection.HostConnection` without a network. `env` is all that its programs get."""

    def __init__(self, name: str, env: Mapping[str, str]) -> None:
        self._name = name
        self._env = env
        close_memory()

    def channel(self) -> LocalChannel:
        """A place for one program. Raises Unreachable; its message says why."""
        here = f"Host “{self._name}” is the bot's own machine"
        home = self._env.get("HOME", "")
        if not os.access(home, os.X_OK):
            raise Unreachable(f"{here}: its folder HOME ({home or 'not set'}) cannot be used; correct that variable.")
        if not shutil.which("bash", path=self._env["PATH"]):
            raise Unreachable(f"{here}: there is no bash on its PATH; install it.")
        return LocalChannel(self._env)

    def forward(self, to: Connect) -> Forward:
        """Open a port on this machine's loopback; `to` connects to its target."""
        listener = socket.create_server((LOOPBACK, 0))
        forward = Forward(listener.getsockname()[1], to, is_active=lambda: True, release=lambda: _end(listener))
        threading.Thread(target=_accept, args=(listener, forward), name="local port", daemon=True).start()
        return forward

    def close(self) -> None:
        """Nothing is open between two uses."""


class _Accepted:
    """A connection to the port, with the names of an SSH channel."""

    def __init__(self, sock: socket.socket) -> None:
        self.closed = False
        self.recv, self.sendall = sock.recv, sock.sendall
        self._sock = sock

    def shutdown_write(self) -> None:
        """End this half."""
        self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End both halves, and what waits for them."""
        self.closed = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


def _accept(listener: socket.socket, forward: Forward) -> None:
    with suppress(OSError):  # of a released port
        while True:
            sock, _ = listener.accept()
            forward.accept(_Accepted(sock))


def _end(listener: socket.socket) -> None:
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)  # a close alone would leave `accept` waiting
    listener.close()

"""Servers on loopback: reserve a free port, and wait until a server is ready on it."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable

import httpx

from bot.rehearsal.target.host import TargetError

_reserved: list[socket.socket] = []  # bound sockets that keep the ports of free_port from everybody else


def free_port() -> int:
    """Reserve a loopback port that nobody else is given as long as this process lives.

    A target binds its ports seconds after it chose them. Until then they must not go to another target, nor to an
    outgoing connection. On Linux a server can still bind a port that is bound but not listened on.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port = int(probe.getsockname()[1])
    if sys.platform == "linux":
        _reserved.append(probe)
    else:  # elsewhere the server itself could not bind it
        probe.close()
    return port


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until `ready` is true. Raises TargetError that names `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TargetError(f"{what} was not ready within {seconds:.0f} s.")
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    """Whether a server accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers_http(url: str) -> bool:
    """Whether a web server answers at an address, with any status."""
    try:
        httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return True

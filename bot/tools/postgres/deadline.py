"""A deadline for a connection: the driver would wait forever for a silent server."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import psycopg


class Deadline:
    """Whether the deadline has passed and the connection was cut."""

    passed = False


@contextlib.contextmanager
def cut_after(connection: psycopg.Connection, seconds: float) -> Iterator[Deadline]:
    """Shut down the connection's socket after some seconds; a call that waits on it then fails at once."""
    deadline = Deadline()

    def shut_down() -> None:
        deadline.passed = True
        with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()

"""A deadline for a database connection: a server that falls silent is cut off here, because the driver would wait for ever."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import psycopg


class Cut:
    """Whether the connection was cut by its deadline."""

    happened = False


@contextlib.contextmanager
def cut_after(connection: psycopg.Connection, seconds: float) -> Iterator[Cut]:
    """Shut the connection's socket down after some seconds; whoever waits on it then fails at once."""
    cut = Cut()

    def shut() -> None:
        cut.happened = True
        with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as own:
            own.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()

"""A server of the tests, which serves in a thread."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar


class HangingServer(http.server.ThreadingHTTPServer):
    """A server on this machine whose handlers answer nothing while `hangs` is set, if they look at it."""

    daemon_threads = True

    def __init__(self, handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.hangs = threading.Event()


S = TypeVar("S", bound=HangingServer)


@contextmanager
def served(server: S) -> Iterator[S]:
    """Inside the block it serves."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.hangs.clear()
        server.shutdown()
        server.server_close()

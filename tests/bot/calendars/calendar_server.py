"""iCalendar files for tests, and a server of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def calendar(*events: str) -> bytes:
    """A calendar of these events, each with its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for number, event in enumerate(events):
        uid = [] if "UID:" in event else [f"UID:{number}"]
        lines += ["BEGIN:VEVENT", *uid, *event.splitlines(), "END:VEVENT"]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


class CalendarServer(ThreadingHTTPServer):
    """Answers each request with its `status` and `body`; with `moved` by a redirect. While `hangs` it says nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status, self.body, self.requests = 200, b"", 0
        self.answers = threading.Event()
        self.answers.set()

    @property
    def url(self) -> str:
        """The address, with a secret in it."""
        return f"http://127.0.0.1:{self.server_port}/private-k3y9f2hq7w/basic.ics?token=t0psecr3t"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """What the server is set to."""
        server = self.server
        assert isinstance(server, CalendarServer)
        server.requests += 1
        server.answers.wait(60)
        self.send_response(server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Nothing."""


@contextmanager
def calendar_server() -> Iterator[CalendarServer]:
    """A server until the end of the block."""
    server = CalendarServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A small web server for the tests of the web and browser tools."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bot.rehearsal.target.loopback import free_port
from bot.tools.places import WebPlace

PAGE = b"""<!doctype html><title>Shop</title><label>Job Type <select><option>a</select></label>
<button onclick="document.body.append('Thank you')">Order</button>
<script>console.error("approval-templates failed"); fetch("/nothing")</script>"""


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        """A page, a redirect, an endless trickle, a request's own header, or 404."""
        match self.path:
            case "/page":
                self.answer(200, PAGE, "text/html")
            case "/moved":
                self.answer(302, b"", "text/html", location="/page")
            case "/trickle":
                self._trickle()
            case "/agent":
                self.answer(200, (self.headers["User-Agent"] or "").encode(), "text/plain")
            case "/cache":
                self.answer(200, (self.headers["Cache-Control"] or "").encode(), "text/plain")
            case "/token":
                self.answer(200, (self.headers["Authorization"] or "").encode(), "text/plain")
            case "/broken":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"half")
            case "/large":
                self.answer(200, b"x" * 9_000_000, "text/plain")
            case _:
                self.answer(404, b"no", "text/plain")

    def do_POST(self) -> None:
        """The request's own body."""
        self.answer(201, self.rfile.read(int(self.headers["Content-Length"])), "application/json")

    def _trickle(self) -> None:
        """One byte after another, until the client closes the connection."""
        self.send_response(200)
        self.end_headers()
        with suppress(ConnectionError):
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)

    def answer(self, status: int, body: bytes, kind: str, location: str = "") -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        with suppress(ConnectionError):  # the client may read a part of a large body only
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


@contextmanager
def served() -> Iterator[dict[str, WebPlace]]:
    """The server as the place `api`, and a place `gone` on which nothing listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "api": WebPlace(url=f"http://127.0.0.1:{server.server_port}/"),
        "gone": WebPlace(url=f"http://127.0.0.1:{free_port()}"),
    }
    server.shutdown()
    server.server_close()


@contextmanager
def served_over_tls(certificate: Path) -> Iterator[int]:
    """The port of the server over TLS, with this certificate and its key."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()

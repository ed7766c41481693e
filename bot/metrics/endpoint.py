"""The port for whoever watches the bot; its threads share nothing with what may hang."""

from __future__ import annotations

import http.server
import logging
import socket
import socketserver
import sys
import threading
from typing import Any

from bot.metrics.health import Health
from bot.metrics.sources import Sources
from bot.tools.port_problem import port_problem

LOG = logging.getLogger("gonogo.metrics")
HOST, PORT = "GONOGO_METRICS_HOST", "GONOGO_METRICS_PORT"
MOST_REQUESTS = 16  # at a time; a further one is cut
ARRIVAL = 5.0  # seconds in which the next part of a request must arrive


class Endpoint(socketserver.ThreadingTCPServer):
    """Listens from its making on, so that a taken port is found before anything begins; answers after `serve`."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, host: str, port: int) -> None:
        """Raises BadSettings if the address cannot be used."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._room = threading.BoundedSemaphore(MOST_REQUESTS)
        self._sources: Sources | None = None
        self._serving = threading.Thread(target=self.serve_forever, name="endpoint", daemon=True)
        try:
            super().__init__((host, port), Request)
        except OSError as error:
            raise port_problem((HOST, host), (PORT, port), error) from None
        LOG.info("listening for /healthz and /metrics on %s port %s", host, port)

    def serve(self, sources: Sources) -> None:
        """Answer from now on."""
        self._sources = sources
        self._serving.start()

    def close(self) -> None:
        """Answer no more, and free the port."""
        if self._serving.is_alive():
            self.shutdown()
        self.server_close()

    @property
    def health(self) -> Health:
        """What /healthz asks."""
        return self._of_sources.health

    def metrics(self, accept: str) -> tuple[bytes, str]:
        """The metrics and their content type."""
        from bot.metrics.exposition import exposition  # its library takes longer than the whole start of a bot

        return exposition(self._of_sources, accept)

    @property
    def _of_sources(self) -> Sources:
        if self._sources is None:
            raise RuntimeError("the endpoint does not serve yet")
        return self._sources

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, if there is room."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the library's signature
        """Log an error of the bot; that the other side has gone away is none."""
        if not isinstance(sys.exception(), OSError):
            LOG.exception("an error in the bot, in an answer to whoever watches it")


class Request(http.server.BaseHTTPRequestHandler):
    """One request."""

    server: Endpoint
    timeout = ARRIVAL
    server_version, sys_version = "gonogo", ""

    def do_GET(self) -> None:
        """Answer /healthz and /metrics."""
        path = self.path.partition("?")[0]
        try:
            if path == "/healthz":
                broken = [part for part, works in self.server.health.parts().items() if not works]
                self._send(503, f"not working: {', '.join(broken)}\n") if broken else self._send(200, "ok\n")
            elif path == "/metrics":
                body, kind = self.server.metrics(self.headers.get("Accept", ""))
                self._send(200, body, kind)
            else:
                self._send(404, "There is /healthz and /metrics.\n")
        except OSError:
            raise
        except Exception:
            self._send(500, "internal error\n")
            raise

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self.do_GET()

    def _send(self, status: int, body: str | bytes, kind: str = "text/plain; charset=utf-8") -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(data)), "Cache-Control": "no-store"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        """Log no request."""

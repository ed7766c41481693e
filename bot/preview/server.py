"""Serves the preview of one file on this machine only, made anew whenever the file has changed."""

from __future__ import annotations

import hashlib
import logging
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from bot.check import check_page
from bot.page_file import read_page_bytes
from bot.preview.document import broken_document, document
from state.errors import BadSettings, Refused

LOG = logging.getLogger("gonogo.preview")
ADDRESS = "127.0.0.1"
INTERNAL = "This is an error in gonogo, not on the page: the preview could not be made ({})."


class Preview:
    """The preview of a file as it is now. Nothing but the file is read: no environment, no host."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made = ("", "")
        self._lock = threading.Lock()

    def version(self) -> str:
        """A word that changes whenever the file does, also while it cannot be read."""
        try:
            return hashlib.sha256(read_page_bytes(self._path)).hexdigest()
        except Refused as error:
            return hashlib.sha256(str(error).encode()).hexdigest()

    def html(self) -> str:
        """The document of the file's newest version."""
        with self._lock:
            version = self.version()
            if self._made[0] != version:
                self._made = (version, self._make(version))
            return self._made[1]

    def _make(self, version: str) -> str:
        try:
            return document(check_page(self._path, {}), version=version)
        except Exception as error:  # whatever it is, the next version of the file may show
            LOG.exception("the preview of %s could not be made", self._path)
            return broken_document(self._path, INTERNAL.format(type(error).__name__), version)


class PreviewServer(ThreadingMixIn, TCPServer):
    """A server on a free port, or on `port`. Raises Refused without the file, and BadSettings if the port is in use."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, path: Path, port: int = 0) -> None:
        if not path.is_file():
            raise Refused(f"There is no file {path}. Name a runbook page.")
        self.preview = Preview(path)
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BadSettings(
                f"The preview cannot be served on port {port} ({why}). Name another one, or leave --port out."
            ) from None

    @property
    def address(self) -> str:
        """Where the browser finds it."""
        return f"http://{ADDRESS}:{self.port}/"

    @property
    def port(self) -> int:
        """The port that it really has."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers with the document, or with its version."""

    server: PreviewServer

    def do_GET(self) -> None:
        """Answer only who asks for this very address: another site's name that leads here must read nothing."""
        answers: dict[str, tuple[str, Callable[[], str]]] = {
            "/": ("text/html", self.server.preview.html),
            "/version": ("text/plain", self.server.preview.version),
        }
        if self.headers.get("Host") not in {f"{name}:{self.server.port}" for name in (ADDRESS, "localhost")}:
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path not in answers:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            kind, text = answers[self.path]
            self._answer(kind, text().encode())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are nothing to read about."""

"""A web server that sends exactly the bytes that a test gives it, as slowly as the test likes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb


@contextmanager
def raw_site(answer: bytes, *, pause: float = 0) -> Iterator[HttpWeb]:
    """A web tool whose place `api` answers every request with these bytes, one by one with a pause if there is one."""
    with answering(answer, pause=pause) as url:
        web = HttpWeb({"api": WebPlace(url=url)}, {}, Redactor([]))
        try:
            yield web
        finally:
            web.close()


@contextmanager
def answering(answer: bytes, *, pause: float = 0) -> Iterator[str]:
    """The address of a server that answers so."""
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listening, answer, pause), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def http_answer(body: bytes, *headers: str) -> bytes:
    """An answer with this body and these header lines."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def _serve(listening: socket.socket, answer: bytes, pause: float) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_answer, args=(connection, answer, pause), daemon=True).start()


def _answer(connection: socket.socket, answer: bytes, pause: float) -> None:
    with suppress(OSError), connection:
        connection.recv(65536)
        if not pause:
            connection.sendall(answer)
            # what is closed before all of a request was read is reset, and a reset takes the answer with it
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            while connection.recv(65536):
                pass
            return
        for byte in answer:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

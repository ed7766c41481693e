"""A proxy on loopback that falls silent when it is told to: connections stay open, and nothing comes through any more."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """Passes everything on to a port of this machine until `silent` is set."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.silent = threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """End it, with every connection."""
        self._server.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                target = socket.create_connection(("127.0.0.1", self._to))
                self._open += [client, target]
                for here, there in ((client, target), (target, client)):
                    threading.Thread(target=self._pass_on, args=(here, there), daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(65536):
                if self.silent.is_set():
                    continue
                there.sendall(data)
            if not self.silent.is_set():
                there.shutdown(socket.SHUT_WR)

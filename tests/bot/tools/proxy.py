"""A proxy on loopback that can fall silent: its connections stay open, nothing comes through."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """Passes everything on to a port of this machine until `silent` is set."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.silent = threading.Event()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop the proxy and close every connection."""
        self._server.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                target = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, target]
                for source, sink in ((client, target), (target, client)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.silent.is_set():
                    continue
                sink.sendall(data)
            if not self.silent.is_set():
                sink.shutdown(socket.SHUT_WR)

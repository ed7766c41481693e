"""A TCP proxy between the bot and one server: it can drop or hold data."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.tools.listener import close_listener

Predicate = Callable[[bytes], bool]


class TcpProxy:
    """Listens on a loopback port and forwards to `server_port`; `connected_at` are the moments of new connections.
    `server_ports` are those from which the server sees it come.

    After `hold`, the first piece of data that fits a predicate, and everything after it on that connection, stay in
    the proxy until `release`; `held` is set then.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self.port = 0
        self.connected_at: list[float] = []
        self.server_ports: set[int] = set()
        self.held = asyncio.Event()
        self._released = asyncio.Event()
        self._from_server: Predicate | None = None
        self._to_server: Predicate | None = None
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Start to listen; `port` is known then."""
        self._listener = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop to listen and drop all connections."""
        if self._listener:
            await close_listener(self._listener)
        self.cut()

    def cut(self) -> None:
        """Drop every connection at once, in both directions, with the data that is held in them."""
        for writer in list(self._open):
            writer.transport.abort()

    def hold(self, *, from_server: Predicate | None = None, to_server: Predicate | None = None) -> None:
        """Hold the first piece of data that fits, and everything after it on that connection."""
        self.held.clear()
        self._released.clear()
        self._from_server, self._to_server = from_server, to_server

    def silence(self) -> None:
        """Hold everything in both directions, also on new connections: nobody learns that the way is cut."""
        self.hold(from_server=bool, to_server=bool)

    def release(self) -> None:
        """Forward what is held, and hold nothing more."""
        self._from_server = self._to_server = None
        self._released.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected_at.append(time.monotonic())
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self.server_ports.add(server_writer.get_extra_info("sockname")[1])
        writers = {writer, server_writer}
        self._open |= writers
        to_server = asyncio.create_task(self._forward(reader, server_writer, to_server=True))
        from_server = asyncio.create_task(self._forward(server_reader, writer, to_server=False))
        try:
            await asyncio.wait({to_server, from_server})
        finally:
            self._open -= writers
            for end in writers:
                end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_server: bool) -> None:
        try:
            while data := await reader.read(65536):
                must_hold = self._to_server if to_server else self._from_server
                if must_hold and must_hold(data):
                    self.held.set()
                    await self._released.wait()
                    if writer.transport.is_closing():
                        return
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (OSError, RuntimeError):  # one end is gone, and the other one must notice
            writer.transport.abort()

"""A wire between the bot and one server: it passes bytes on, can be cut or held, and says when somebody used it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

Held = Callable[[bytes], bool]


class Wire:
    """Listens on a loopback port and passes everything on to `port`; `used` holds the moment of each new connection.

    `catch` is asked about each piece that comes back from the server (or, with `forth`, that goes there); where it
    says yes, the piece and all after it stay in the wire until `let_go`, and `caught` is set.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.used: list[float] = []
        self.caught = asyncio.Event()
        self._free = asyncio.Event()
        self._back: Held | None = None
        self._forth: Held | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Begin to listen; `port` is known then."""
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        if self._server:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Drop every connection at once, in both directions, with what is held in them."""
        for writer in list(self._open):
            writer.transport.abort()

    def catch(self, *, back: Held | None = None, forth: Held | None = None) -> None:
        """Hold the first piece of which this is true, and all after it on that connection."""
        self.caught.clear()
        self._free.clear()
        self._back, self._forth = back, forth

    def let_go(self) -> None:
        """Pass on what is held."""
        self._back = self._forth = None
        self._free.set()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.used.append(time.monotonic())
        try:
            there_reader, there = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, there}
        self._open |= ends
        forth = asyncio.create_task(self._pass(reader, there, forth=True))
        back = asyncio.create_task(self._pass(there_reader, writer, forth=False))
        try:
            await asyncio.wait({forth, back})
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, forth: bool) -> None:
        try:
            while data := await reader.read(65536):
                held = self._forth if forth else self._back
                if held and held(data):
                    self.caught.set()
                    await self._free.wait()
                    if writer.transport.is_closing():
                        return
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (OSError, RuntimeError):  # one end is gone, and so the other one must hear of it
            writer.transport.abort()

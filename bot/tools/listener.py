"""The end of a listening port, which leaves no connection open."""

from __future__ import annotations

import asyncio


async def close_listener(server: asyncio.Server) -> None:
    """Close a server after the connections that it has just accepted have their protocols.

    CPython 3.11 leaves the socket of a connection open if its server closes between the two (the assertion in
    `Server._attach`). So the server stops accepting first and closes three turns later: accepted, made, connected.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening)
    for _ in range(3):
        await asyncio.sleep(0)
    server.close()

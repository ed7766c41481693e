"""A listening port of aiohttp, and its end, which leaves no connection open."""

from __future__ import annotations

import asyncio

from aiohttp import web


def protocols_of(runner: web.BaseRunner) -> web.Server:
    """What gives each connection of a runner its protocol, once the runner is set up."""
    if runner.server is None:
        raise RuntimeError("aiohttp has set up no server")
    return runner.server


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

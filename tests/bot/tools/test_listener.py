"""A port that ends in the moment in which somebody connects leaves no connection open."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings

import pytest

from bot.tools.listener import close_listener


@pytest.mark.parametrize("turns", range(6))
def test_who_connects_while_a_port_is_closed_is_left_with_no_open_socket(turns: int) -> None:
    """The connections stand at each of the turns that asyncio takes for them."""
    made: list[asyncio.BaseTransport] = []

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.append(transport)

    async def test() -> None:
        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0)
        clients = [socket.create_connection(server.sockets[0].getsockname()) for _ in range(3)]
        for _ in range(turns):
            await asyncio.sleep(0)
        await close_listener(server)
        for transport in made:
            transport.close()
        for client in clients:
            client.close()

    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always", ResourceWarning)
        asyncio.run(test())
        gc.collect()
    assert [str(warning.message) for warning in unclosed] == []

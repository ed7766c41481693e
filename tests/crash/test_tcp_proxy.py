"""The proxy forwards, holds and drops data at the moment that a test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import psutil
import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.listener import close_listener
from tests.crash.tcp_proxy import TcpProxy

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echo() -> AsyncIterator[tuple[TcpProxy, Callable[[], Awaitable[Streams]]]]:
    """A proxy in front of a server that sends everything back, and a function that connects to it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionResetError):
            while data := await reader.read(1000):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = TcpProxy(server.sockets[0].getsockname()[1])
    await proxy.start()
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writers.append(writer)
        return reader, writer

    try:
        yield proxy, connect
    finally:
        for writer in writers:
            writer.close()
        await proxy.stop()
        await close_listener(server)
        await asyncio.sleep(0.05)  # for the connections to close


async def exchange(streams: Streams, data: bytes) -> bytes:
    """Send data and return what comes back; b"" when the connection is dropped."""
    reader, writer = streams
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(1000), 30)
    except ConnectionResetError:
        return b""


def test_data_goes_through_in_both_directions_and_connections_are_recorded() -> None:
    async def test() -> None:
        async with echo() as (proxy, connect):
            assert await exchange(await connect(), b"one") == b"one"
            assert await exchange(await connect(), b"two") == b"two"
            assert len(proxy.connected_at) == 2
            assert proxy.connected_at == sorted(proxy.connected_at)

    asyncio.run(test())


@pytest.mark.parametrize("direction", ["to_server", "from_server"])
def test_data_that_fits_is_held_until_it_is_released(direction: str) -> None:
    async def test() -> None:
        async with echo() as (proxy, connect):
            streams = await connect()
            proxy.hold(**{direction: lambda data: b"COMMIT" in data})
            assert await exchange(streams, b"BEGIN") == b"BEGIN"
            waiting = asyncio.create_task(exchange(streams, b"COMMIT"))
            await asyncio.wait_for(proxy.held.wait(), 30)
            await asyncio.sleep(0.05)
            assert not waiting.done(), "the data went through although it fits"
            proxy.release()
            assert await waiting == b"COMMIT"

    asyncio.run(test())


def test_a_silent_way_holds_everything_also_on_a_new_connection_and_nobody_learns_of_it() -> None:
    async def test() -> None:
        async with echo() as (proxy, connect):
            old = await connect()
            assert await exchange(old, b"one") == b"one"
            proxy.silence()
            waiting = [asyncio.create_task(exchange(streams, b"two")) for streams in (old, await connect())]
            await asyncio.sleep(0.1)
            assert not any(task.done() for task in waiting)
            proxy.release()
            assert [await task for task in waiting] == [b"two", b"two"]

    asyncio.run(test())


def test_the_server_sees_a_connection_come_from_a_port_that_the_proxy_knows() -> None:
    async def test() -> None:
        async with echo() as (proxy, connect):
            assert proxy.server_ports == set()
            await exchange(await connect(), b"one")
            (port,) = proxy.server_ports
            ours = psutil.Process().net_connections()
            assert [one.raddr.port for one in ours if one.laddr.port == port and one.raddr] == [proxy._server_port]

    asyncio.run(test())


def test_a_cut_drops_every_connection_with_the_data_that_is_held() -> None:
    async def test() -> None:
        async with echo() as (proxy, connect):
            streams = await connect()
            proxy.hold(from_server=lambda data: True)
            waiting = asyncio.create_task(exchange(streams, b"lost"))
            await asyncio.wait_for(proxy.held.wait(), 30)
            proxy.cut()
            proxy.release()
            assert await waiting == b"", "the held data arrived after the cut"
            assert await exchange(await connect(), b"again") == b"again"

    asyncio.run(test())


def test_a_server_that_is_down_drops_the_connection() -> None:
    async def test() -> None:
        proxy = TcpProxy(free_port())
        await proxy.start()
        streams = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await exchange(streams, b"hello") == b""
        streams[1].close()
        await proxy.stop()

    asyncio.run(test())

"""A call to an outside service: by proxy, bounded, and with no word of its address."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.tools import outside_address
from bot.tools.outside_address import OutsideAddress
from tests.bot.tools.raw_site import answering
from tests.bot.tools.site import Handler
from tests.bot.tools.test_web_tls import write_certificate


@contextmanager
def tunnel(to: int) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that takes CONNECT, wherever it should lead, and leads to a port of this machine; what it was asked."""
    listening = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def serve() -> None:
        with suppress(OSError):
            client, _ = listening.accept()
            asked.append(client.recv(65536))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            target = socket.create_connection(("127.0.0.1", to))
            for source, sink in ((client, target), (target, client)):
                threading.Thread(target=pass_on, args=(source, sink), daemon=True).start()

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for one in (source, sink):
            one.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1], asked
    finally:
        listening.close()


def test_it_goes_through_the_proxy_with_its_password_and_trusts_the_given_certificate(tmp_path: Path) -> None:
    ca, certificate = write_certificate(tmp_path, "events.example")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tunnel(server.server_port) as (port, asked):
        environ = {"HTTPS_PROXY": f"http://ana:w0rd@127.0.0.1:{port}"}
        tls = ssl.create_default_context(cafile=str(ca))
        with closing(OutsideAddress("https://events.example/page", environ, tls)) as address:
            assert address.problem("GET") == ""
    server.shutdown()
    server.server_close()
    assert asked[0].startswith(b"CONNECT events.example:443 ")
    assert b"Proxy-Authorization: Basic YW5hOncwcmQ=" in asked[0]


@pytest.mark.parametrize(
    ("answer", "pause", "said"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 0, ""),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000_000, 0, ""),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", 0, "status 302"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Header: x\r\n" * 1000, 0.05, "no answer within 1 s"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000, 0.05, "no answer within 1 s"),
        (b"no HTTP at all\r\n\r\n", 0, "RemoteProtocolError"),
        (b"", 0, "RemoteProtocolError"),
    ],
    ids=["taken", "long", "elsewhere", "slow headers", "slow body", "no HTTP", "nothing"],
)
def test_whatever_the_answer_is_the_call_ends_and_says_one_word(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, pause: float, said: str
) -> None:
    monkeypatch.setattr(outside_address, "LIMIT", 1.0)
    with answering(answer, pause=pause) as url, closing(OutsideAddress(f"{url}/t0ken", {})) as address:
        assert address.problem("POST", {"X-Any": "x"}, b"{}") == said

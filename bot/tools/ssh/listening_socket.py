"""A socket that remembers what the other side said first, and notices soon that it is gone."""

from __future__ import annotations

import socket

from bot.tools.names import addresses_of

HEARD = 200  # bytes of what the other side says first


def _connected(host: str, port: int, limit: float) -> socket.socket:
    """A connection to the first of the host's addresses that accepts one. Raises OSError."""
    failed: OSError | None = None
    for address in addresses_of(host, limit):
        try:
            return socket.create_connection((address, port), timeout=limit)
        except OSError as error:
            failed = error
    raise failed or OSError("the name has no address")


class ListeningSocket(socket.socket):
    """A socket that remembers the first bytes that the other side sent, and whether it has closed the connection."""

    heard = b""
    at_end = False

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As `socket.recv`."""
        try:
            data = super().recv(size, flags)
        except ConnectionResetError:
            self.at_end = True
            raise
        self.at_end = self.at_end or not data
        self.heard += data[: HEARD - len(self.heard)]
        return data


def open_socket(host: str, port: int, limit: float) -> ListeningSocket:
    """A connection, made within `limit` seconds, which also counts for each of its reads. Raises OSError."""
    plain = _connected(host, port, limit)
    sock = ListeningSocket(plain.family, plain.type, plain.proto, plain.detach())
    sock.settimeout(limit)
    # paramiko sets neither: without NODELAY each command waits for a delayed ACK, and without keepalive a dead peer is
    # never noticed
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 2), ("TCP_USER_TIMEOUT", 10_000)):
        if number := getattr(socket, option, None):
            sock.setsockopt(socket.IPPROTO_TCP, number, value)
    return sock

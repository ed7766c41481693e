"""The HTTP client of one web place: no cookies, and one deadline for a request."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

from bot.tools.names import addresses_of
from commands.ports.web import USER_AGENT

MAX_CONNECTIONS = 20  # to one place at a time; a request beyond them waits
MAX_IDLE = 4  # connections that are kept open
# seconds for which an idle connection is used again; shorter than the 5 s after which Node's servers close it, so that
# a request rarely meets a connection that is about to end
IDLE = 2.0
FURTHER = 3.0  # seconds at most for a connection to one address of several, so that the next one gets its turn
CHUNK = 64 * 1024  # bytes that are written at once
REMEMBERED = 60.0  # seconds for which an address that sent no response is asked after all others
_silent: dict[tuple[str, int], float] = {}  # such an address and port, and until when, by the monotonic clock
_DEADLINE: ContextVar[float] = ContextVar("deadline")  # of this thread's request, by the monotonic clock


@dataclass
class Asked:
    """The addresses of a name, as one request met them.

    - `only`: the only one to ask; empty for any.
    - `others`: those that the connection does not lead to; None if no connection was opened.
    - `count`: how many the name has; 0 if that is not known.
    - `silent`: those that sent no response before their time was over, which took `lost` seconds in all.
    """

    only: str = ""
    others: tuple[str, ...] | None = None
    count: int = 0
    silent: tuple[str, ...] = ()
    lost: float = 0.0


_ASKED: ContextVar[Asked | None] = ContextVar("asked", default=None)  # of this thread's request


@contextmanager
def asking(only: str) -> Iterator[Asked]:
    """A request of this thread asks only this address, if it is not empty, and tells which others the name has.

    It does not tell them where it uses a connection that was open.
    """
    asked = Asked(only=only)
    token = _ASKED.set(asked)
    try:
        yield asked
    finally:
        _ASKED.reset(token)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything that a request of this thread waits for ends within so many seconds, however often a byte arrives."""
    token = _DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def make_client(proxy: str | None = None, tls: ssl.SSLContext | None = None) -> httpx.Client:
    """A client that follows no redirects, takes no proxy from the environment, keeps no cookies and wants no cache."""
    return httpx.Client(
        transport=_Transport(proxy, tls or tls_context()),
        trust_env=False,
        follow_redirects=False,
        headers={
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip",
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
        },
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


class _Transport(httpx.HTTPTransport):
    """httpx's own transport, over connections that keep the deadline."""

    def __init__(self, proxy: str | None, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool.close()
        limits: dict[str, Any] = {
            "ssl_context": tls,
            "max_connections": MAX_CONNECTIONS,
            "max_keepalive_connections": MAX_IDLE,
            "keepalive_expiry": IDLE,
            "network_backend": _Backend(),
        }
        if proxy is None:
            self._pool = httpcore.ConnectionPool(**limits)
            return
        given = httpx.Proxy(proxy)
        self._pool = httpcore.HTTPProxy(
            proxy_url=httpcore.URL(
                scheme=given.url.raw_scheme, host=given.url.raw_host, port=given.url.port, target=given.url.raw_path
            ),
            proxy_auth=given.raw_auth,
            **limits,
        )


@cache
def tls_context() -> ssl.SSLContext:
    """The public certificates, the system's, and those of SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL finds them.

    They take megabytes, so all clients share them.
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def no_certificates() -> ssl.SSLContext:
    """For a place that does not speak TLS: it trusts nobody, and is there at once."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def certificate_times(response: httpx.Response) -> tuple[datetime, datetime] | None:
    """From when and until when the certificate is valid that the server has shown; None without TLS.

    The answer must not have been read.
    """
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream else None
    certificate = (tls.getpeercert() or {}) if tls else {}
    if not ("notBefore" in certificate and "notAfter" in certificate):
        return None
    first, last = (ssl.cert_time_to_seconds(str(certificate[name])) for name in ("notBefore", "notAfter"))
    return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)


def _left(timeout: float | None) -> float:
    """The seconds that may still be waited, at most `timeout`; 0 or less if the time is over."""
    left = _DEADLINE.get() - time.monotonic()
    return left if timeout is None else min(left, timeout)


def _in_turn(addresses: list[str]) -> list[str]:
    """The addresses with the first of the other IP version second: often one version as a whole leads nowhere."""
    return [*addresses[:1], *sorted(addresses[1:], key=lambda one: (":" in one) == (":" in addresses[0]))]


def _was_silent(address: str, port: int) -> bool:
    """Whether it sent no response a short while ago, so that another one is asked first."""
    return _silent.get((address, port), 0.0) > time.monotonic()


class _Backend(httpcore.NetworkBackend):
    """Opens connections that keep the deadline."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect. Raises httpcore's ConnectTimeout and ConnectError."""
        asked = _ASKED.get() or Asked()
        try:
            addresses = [asked.only] if asked.only else addresses_of(host, _left(timeout))
        except socket.gaierror as error:
            raise httpcore.ConnectError from error
        asked.count = len(addresses)
        failed: Exception | None = None
        turns = sorted(_in_turn(addresses), key=lambda one: _was_silent(one, port))
        for address in turns:
            left = _left(timeout)
            if asked.only:
                left = min(left, FURTHER)
            elif address != turns[-1]:
                left = min(left / 2, FURTHER)
            if left <= 0:
                break
            began = time.monotonic()
            try:
                stream = _Stream(self._sockets.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                # a refusal counts: without IPv6, the error of another address comes last and would hide it
                if failed is None or isinstance(error.__cause__, ConnectionError):
                    failed = error
                if isinstance(error, httpcore.ConnectTimeout):
                    asked.silent += (address,)
                    asked.lost += time.monotonic() - began
                    _silent[address, port] = time.monotonic() + REMEMBERED
            else:
                _silent.pop((address, port), None)
                asked.others = tuple(other for other in addresses if other != address)
                asked.silent = tuple(other for other in asked.others if _was_silent(other, port))
                return stream
        raise failed or httpcore.ConnectTimeout


class _Stream(httpcore.NetworkStream):
    """A connection on which no wait goes beyond the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived, or wait for it. Raises httpcore's ReadTimeout and ReadError."""
        if (left := _left(timeout)) <= 0:
            raise httpcore.ReadTimeout
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything. Raises httpcore's WriteTimeout and WriteError."""
        for start in range(0, len(buffer), CHUNK):
            if (left := _left(timeout)) <= 0:
                raise httpcore.WriteTimeout
            self._stream.write(buffer[start : start + CHUNK], left)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Begin TLS. Raises httpcore's ConnectTimeout and ConnectError."""
        if (left := _left(timeout)) <= 0:
            raise httpcore.ConnectTimeout
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """See httpcore; the pool asks whether an idle connection has ended."""
        return self._stream.get_extra_info(info)

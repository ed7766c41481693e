"""Looks up the addresses of a name, with a limit; the system's resolver has none to set."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from ipaddress import ip_address

_mutex = threading.Lock()
_asked: dict[str, Future[list[str]]] = {}  # the look-ups that are under way, by name: one thread for each


def addresses_of(host: str, limit: float) -> list[str]:
    """The IP addresses of a host, in the resolver's order. `limit` is in seconds.

    Raises socket.gaierror, with EAI_AGAIN if there was no answer in time, and UnicodeError for what is no name.
    """
    with suppress(ValueError):
        return [str(ip_address(host))]
    with _mutex:
        if not (answer := _asked.get(host)):
            answer = _asked[host] = Future()
            # nothing ends a call of the resolver, so that its thread ends by itself
            threading.Thread(target=_ask, args=(host, answer), name="look up a name", daemon=True).start()
    try:
        return answer.result(max(limit, 0))
    except TimeoutError:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer from DNS in time") from None


def plain_host(host: str) -> str:
    """A host in one spelling: an IP address however it is written, this machine as "localhost", a name in ASCII."""
    host = host.lower().strip("[]").rstrip(".")
    with suppress(OSError):  # also 127.1, 0x7f000001 and 2130706433, as the system takes them
        host = socket.inet_ntoa(socket.inet_aton(host))
    try:
        address = ip_address(host)
    except ValueError:
        with suppress(UnicodeError):
            host = host.encode("idna").decode()
        return "localhost" if host.endswith(".localhost") else host
    address = getattr(address, "ipv4_mapped", None) or address
    return "localhost" if address.is_loopback or address.is_unspecified else str(address)


def _ask(host: str, answer: Future[list[str]]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except Exception as error:  # raised where the answer is waited for
        _forget(host)
        answer.set_exception(error)
    else:
        _forget(host)
        answer.set_result(list(dict.fromkeys(str(one[4][0]) for one in found)))


def _forget(host: str) -> None:
    with _mutex:
        del _asked[host]

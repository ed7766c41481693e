"""The doctor warns of a database on another machine without encryption."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator

import psycopg

from bot.settings import Settings
from bot.tools.postgres.connect import connect
from commands.ports.preflight import WARN, PreflightResult
from commands.runbook import Page
from commands.start.preflight import PreflightLine
from state.errors import Unreachable
from state.frozen import dataclass

CONNECT_LIMIT = 5  # seconds
# with these libpq goes on without encryption where the server, or somebody in between, offers none
WEAK = {"disable", "allow", "prefer"}
TODO = "set sslmode=verify-full (or require) in its URL, and TLS on the server"


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How a connection goes: `sslmode` as libpq took it, from the URL, its defaults or PGSSLMODE."""

    sslmode: str
    encrypted: bool
    to_another_machine: bool


def check_databases(settings: Settings, page: Page) -> Iterator[PreflightLine]:
    """A warning for each database on another machine that may be spoken to in the clear.

    A database that cannot be reached has a line of its own elsewhere.
    """
    for name, place in page.places.databases.items():
        try:
            wire = wire_to(settings.environ.get(place.url.removeprefix("$"), ""))
        except (Unreachable, psycopg.Error, OSError, ValueError):
            continue
        if problem := weakness(wire):
            result = PreflightResult(level=WARN, summary=problem, todo=TODO)
            yield PreflightLine(about=f"database {name}", result=result)


def weakness(wire: Wire) -> str:
    """What is wrong with a connection; empty if nothing is."""
    if not wire.to_another_machine:
        return ""
    if not wire.encrypted:
        return "it is on another machine, and the connection is not encrypted"
    if wire.sslmode in WEAK:
        return f"sslmode is {wire.sslmode}: somebody in between can switch the encryption off"
    return ""


def wire_to(url: str) -> Wire:
    """Connect, and see how. Raises Unreachable, psycopg.Error, OSError."""
    with connect(url, {}, "gonogo doctor", CONNECT_LIMIT) as connection:
        options = {option.keyword: option.val for option in connection.pgconn.info}
        with socket.socket(fileno=os.dup(connection.fileno())) as sock:
            return Wire(
                sslmode=(options.get(b"sslmode") or b"prefer").decode(),
                encrypted=bool(connection.pgconn.ssl_in_use),
                to_another_machine=_leaves_this_machine(sock),
            )


def _leaves_this_machine(sock: socket.socket) -> bool:
    """Whether a connection goes over a network: not to a Unix socket, to loopback, or to an address of our own."""
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    ours, theirs = sock.getsockname()[0], sock.getpeername()[0]
    return ours != theirs and not _is_loopback(theirs)


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)

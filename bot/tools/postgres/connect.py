"""Connects to a PostgreSQL, with a limit also for the look-up of its name."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import (
    DateLoader,
    IntervalLoader,
    TimeLoader,
    TimestampLoader,
    TimestamptzLoader,
    TimetzLoader,
)

from bot.tools.names import addresses_of
from bot.tools.postgres.address import connection_fields
from commands.ports.page_text import Text

# of the bot's environment: with them a file would be applied with other names, times or letters than from a host
SESSION_VARIABLES = (
    *("PGOPTIONS", "PGTZ", "PGDATESTYLE", "PGGEQO", "PGCLIENTENCODING"),
    *("PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGSERVICE"),
)
RETRY_INTERVAL = 0.3  # seconds
# what a server says that no waiting changes; it may say it in another language, and is then asked again in vain
_LASTING = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied", "not permitted to log in")
# infinity, years BC or after 9999, 24:00
_TIMES: dict[str, type[Loader]] = {
    "date": DateLoader,
    "time": TimeLoader,
    "timetz": TimetzLoader,
    "timestamp": TimestampLoader,
    "timestamptz": TimestamptzLoader,
    "interval": IntervalLoader,
}


def connect(url: Text, environ: Mapping[str, str], name: str, limit: int) -> psycopg.Connection:
    """A connection to a database under an application name. `limit` is in seconds, for each address.

    Nothing stays in its session that a pooler could give to another: no prepared statement either. Nothing that the
    bot's environment sets for sessions counts, as on hosts; libpq reads it by itself, so it is taken out. Raises
    Unreachable and BadSettings as `connection_fields` does, and psycopg's OperationalError and ProgrammingError.
    """
    for variable in SESSION_VARIABLES:
        os.environ.pop(variable, None)
    fields: dict[str, Any] = connection_fields(url, environ)
    fields |= {**_looked_up(fields, limit), "connect_timeout": limit, "application_name": name}
    fields["client_encoding"] = "UTF8"  # a database without an encoding (SQL_ASCII) would answer in bytes
    connection = psycopg.connect(**fields, prepare_threshold=None)
    for kind, loader in _TIMES.items():
        connection.adapters.register_loader(kind, _or_as_text(loader))
    return connection


def connect_when_ready(
    url: Text, environ: Mapping[str, str], name: str, limit: int, patience: float, stop: threading.Event
) -> psycopg.Connection:
    """The same, tried again for `patience` seconds, or until `stop` is set, for what may pass by itself.

    A server that starts, or has no connection free, is not broken; nothing was sent to it. Raises as `connect`.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return connect(url, environ, name, limit)
        except psycopg.OperationalError as error:
            lasts = any(words in str(error) for words in _LASTING)
            if lasts or stop.is_set() or time.monotonic() + RETRY_INTERVAL >= until:
                raise
        stop.wait(RETRY_INTERVAL)


def _or_as_text(loader: type[Loader]) -> type[Loader]:
    """The loader, which gives what Python has no value for as PostgreSQL writes it."""

    class OrAsText(loader):  # type: ignore[valid-type, misc]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return OrAsText


def _not_found(host: str, error: Exception) -> str:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return f"the look-up of host {host!r} got no answer; check the bot's DNS"
    why = error.strerror if isinstance(error, socket.gaierror) else "it is no name of a host"
    return f"the bot's machine finds no host {host!r} ({why}); give an address that the bot reaches, too"


def _looked_up(params: dict[str, Any], limit: float) -> dict[str, str]:
    """The parameters that name each address of the hosts; none where libpq needs no look-up."""
    hosts = str(params["host"]).split(",")
    if params.get("hostaddr") or any(not host or host[0] in "/@" for host in hosts):
        return {}
    ports = str(params["port"]).split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    found: list[tuple[str, str, str]] = []
    problem = ""
    for host, port in zip(hosts, ports, strict=False):
        try:
            found += [(host, address, port) for address in addresses_of(host, limit)]
        except (socket.gaierror, UnicodeError) as error:
            problem = _not_found(host, error)
    if not found:
        raise psycopg.OperationalError(problem)
    named, addresses, numbers = (",".join(part) for part in zip(*found, strict=True))
    return {"host": named, "hostaddr": addresses, "port": numbers}

"""Connects to a PostgreSQL, with a limit also for the look-up of its name."""

from __future__ import annotations

import os
import socket
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bot.tools.names import addresses_of
from bot.tools.places import libpq_url


def connect(url: str, name: str, limit: int) -> psycopg.Connection:
    """A connection to a postgresql:// URL under an application name. `limit` is in seconds, for each address.

    Raises Unreachable for another URL, and psycopg's OperationalError and ProgrammingError.
    """
    params: dict[str, Any] = conninfo_to_dict(libpq_url(url))
    params |= {**_looked_up(params, limit), "connect_timeout": limit, "application_name": name}
    return psycopg.connect(**params)


def _looked_up(params: dict[str, Any], limit: float) -> dict[str, str]:
    """The parameters that name each address of the hosts; none where libpq needs no look-up."""
    hosts = str(params.get("host") or os.environ.get("PGHOST", "")).split(",")
    if params.get("hostaddr") or os.environ.get("PGHOSTADDR") or any(not host or host[0] in "/@" for host in hosts):
        return {}
    ports = str(params.get("port") or os.environ.get("PGPORT", "")).split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    found: list[tuple[str, str, str]] = []
    problem = ""
    for host, port in zip(hosts, ports, strict=False):
        try:
            found += [(host, address, port) for address in addresses_of(host, limit)]
        except (socket.gaierror, UnicodeError) as error:
            problem = f"failed to resolve host {host!r}: {error}"
    if not found:
        raise psycopg.OperationalError(problem)
    named, addresses, numbers = (",".join(part) for part in zip(*found, strict=True))
    return {"host": named, "hostaddr": addresses, "port": numbers}

"""Places: what a name on the page stands for, with `$NAME`s still unresolved, and how they are resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from state.errors import BadSettings, Unreachable

_NAME = re.compile(r"\$([A-Z][A-Z0-9_]*)")
# parameters of a Prisma URL that libpq does not know
PRISMA = {"schema", "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size"}


@dataclass(frozen=True, kw_only=True)
class HostPlace:
    """A host: `address` is user@host:port, `key` and `known_hosts` are files, `path` is put before the host's PATH."""

    address: str
    key: str
    known_hosts: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class DatabasePlace:
    """A database by its postgresql:// URL."""

    url: str


@dataclass(frozen=True, kw_only=True)
class WebPlace:
    """A web site or API by the address that paths are appended to."""

    url: str


@dataclass(frozen=True, kw_only=True)
class Places:
    """Every place of a page, by name."""

    hosts: Mapping[str, HostPlace] = field(default_factory=dict)
    databases: Mapping[str, DatabasePlace] = field(default_factory=dict)
    webs: Mapping[str, WebPlace] = field(default_factory=dict)


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Put the environment's values in place of every `$NAME` in a text. Raises BadSettings for one that is not set."""

    def value(found: re.Match[str]) -> str:
        if not environ.get(found[1]):
            raise BadSettings(f"{found[1]} is not set in the bot's environment.")
        return environ[found[1]]

    return _NAME.sub(value, text)


def libpq_url(url: str) -> str:
    """A URL that libpq takes: without the parameters that only Prisma knows. Raises Unreachable when it is no database's."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Unreachable("The database's address must be a postgresql:// URL.")
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name not in PRISMA])
    return urlunsplit(parts._replace(query=query))

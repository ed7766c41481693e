"""The addresses behind the page's names, with `$NAME`s unresolved, and how they are resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from state.errors import BadSettings, Unreachable

_NAME = re.compile(r"\$([A-Z][A-Z0-9_]*)")
_HEADER_VALUE = re.compile(r"[\t -~]*")
# parameters of a Prisma URL that libpq does not know
PRISMA_PARAMETERS = {
    "schema",
    "pgbouncer",
    "connection_limit",
    "pool_timeout",
    "socket_timeout",
    "statement_cache_size",
}


@dataclass(frozen=True, kw_only=True)
class HostPlace:
    """A host: `address` is user@host:port, `key` and `known_hosts` are files, `path` goes before the host's PATH."""

    address: str
    key: str
    known_hosts: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class DatabasePlace:
    """A database, by its postgresql:// URL."""

    url: str


@dataclass(frozen=True, kw_only=True)
class WebPlace:
    """A web site or API, by the address to which paths are appended."""

    url: str


@dataclass(frozen=True, kw_only=True)
class Places:
    """All places of a page, by name."""

    hosts: Mapping[str, HostPlace] = field(default_factory=dict)
    databases: Mapping[str, DatabasePlace] = field(default_factory=dict)
    webs: Mapping[str, WebPlace] = field(default_factory=dict)


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Replace every `$NAME` in a text by its value. Raises BadSettings for a name that is not set."""

    def value(name: re.Match[str]) -> str:
        if not environ.get(name[1]):
            raise BadSettings(f"{name[1]} is not set in the bot's environment.")
        return environ[name[1]]

    return _NAME.sub(value, text)


def header_values(headers: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The headers with every `$NAME` resolved. Raises BadSettings for a value that HTTP does not allow in a header."""
    values = {name: resolve(text, environ) for name, text in headers.items()}
    for name, value in values.items():
        if not _HEADER_VALUE.fullmatch(value):
            # the message must not show the value
            variables = " and ".join(_NAME.findall(headers[name])) or "the page"
            raise BadSettings(
                f"The header {name} cannot be sent: {variables} holds a line break or a character that is not ASCII."
            )
    return values


def libpq_url(url: str) -> str:
    """The URL without the parameters that only Prisma knows. Raises Unreachable if it is not a PostgreSQL URL."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Unreachable("The database's address must be a postgresql:// URL.")
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name not in PRISMA_PARAMETERS])
    return urlunsplit(parts._replace(query=query))

"""Fingerprints of places: they change with an address, and do not show it.

Secrets are no part of them, so that a password or a key may be changed during a run.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from bot.tools.page_texts import resolve
from bot.tools.places import HostPlace, LocalPlace, Places
from commands.ports.page_text import Text
from state.errors import BadSettings

_DIGITS = 16  # of a SHA-256; enough to see a change
_SECRET_PARAMETERS = {"password", "sslpassword", "passfile", "sslkey"}
_PORTS = {"postgres": 5432, "postgresql": 5432, "http": 80, "https": 443, "ws": 80, "wss": 443}
_PATH = re.compile(r"~?/|\.\.?/")
_SECRET_NAME = re.compile(r"TOKEN|PASSW|SECRET|KEY|CREDENTIAL")
Parts = Iterable[tuple[str, str]]


def fingerprints(places: Places, names: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """The fingerprints by name: "host production: port", "database production: address", "$PROD_BACKUPS".

    `names` are the variables that steps name. Those that hold an address or a path have a fingerprint; others may be
    secrets.
    """
    found: dict[str, str] = {}
    for name, host in places.hosts.items():
        found |= _digests(f"host {name}", _host_parts(host, environ))
    for name, database in places.databases.items():
        found |= _digests(f"database {name}", _url_parts(_resolved(database.url, environ)))
    for name, web in places.webs.items():
        found |= _digests(f"web {name}", _url_parts(_resolved(web.url, environ)))
    known = {str(database.url) for database in places.databases.values()}
    known |= {str(web.url) for web in places.webs.values()}
    for name in sorted(set(names) - known):
        value = environ.get(name.removeprefix("$"), "")
        if "://" in value:
            found |= _digests(name, _url_parts(value))
        elif _PATH.match(value) and not _SECRET_NAME.search(name):
            found[name] = _digest(value)
    return found


def _digests(place: str, parts: Parts) -> dict[str, str]:
    return {f"{place}: {part}": _digest(value) for part, value in parts}


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:_DIGITS]


def _resolved(text: Text, environ: Mapping[str, str]) -> str:
    try:
        return resolve(text, environ)
    except BadSettings:
        return ""


def _host_parts(host: HostPlace | LocalPlace, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(host, LocalPlace):
        yield from _local_parts(environ)
    else:
        yield from _ssh_parts(host, environ)
    if host.path:
        yield "PATH", _resolved(host.path, environ)


def _local_parts(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Where the jobs of the bot's own machine are found again."""
    from bot.tools.local.machine import job_folders_id, own_environment

    home = own_environment(environ).get("HOME", "")
    yield from (("user", str(os.geteuid())), ("home", home), ("job folders", job_folders_id(home)))


def _ssh_parts(host: HostPlace, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    from bot.tools.ssh.key_files import host_keys

    user, _, address = _resolved(host.address, environ).rpartition("@")
    yield from (("user", user), ("address", address.lower()))
    yield "host key", host_keys(address, _resolved(host.known_hosts, environ))


def _url_parts(url: str) -> Iterator[tuple[str, str]]:
    """The parts of a URL, without its password. Parameters count too: they can lead to another host or schema."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        parts = urlsplit("")  # it cannot be used either
    user, _, address = parts.netloc.rpartition("@")
    address = address.lower()
    if re.search(r":\d+$", address) is None and parts.scheme in _PORTS:
        address += f":{_PORTS[parts.scheme]}"
    query = parse_qsl(parts.query, keep_blank_values=True)
    shown = sorted((name, value) for name, value in query if name not in _SECRET_PARAMETERS)
    yield from (("scheme", parts.scheme), ("user", user.partition(":")[0]), ("address", address))
    yield from (("path", parts.path.rstrip("/")), ("parameters", repr(shown)))

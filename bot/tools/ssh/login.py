"""Where and how to log in to a host, as the page's texts say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from state.errors import Unreachable
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Login:
    """Where and how to log in; `key` and `known_hosts` are paths of files. `key_at` and `known_hosts_at` say where
    these paths stand.
    """

    name: str
    user: str
    host: str
    port: int
    key: str
    known_hosts: str
    key_at: str = "the place's `key`"
    known_hosts_at: str = "the place's `known_hosts`"


def login(name: str, address: str, key: str, known_hosts: str, variables: Sequence[str] = ("", "", "")) -> Login:
    """Parse the address `user@host:port`. `variables` are those of the three texts, each empty if it is none.

    Raises Unreachable if the address has another form.
    """
    user, at, rest = address.rpartition("@")
    host, colon, port = rest.rpartition(":")
    if not at or not user or not host or not colon or not port.isdigit():
        at = f" ({variables[0]})" if variables[0] else ""
        raise Unreachable(f"The address of host “{name}”{at} must have the form user@host:port.")
    parsed = Login(name=name, user=user, host=host.strip("[]"), port=int(port), key=key, known_hosts=known_hosts)
    _, key_at, known_at = variables
    return replace(parsed, key_at=key_at or parsed.key_at, known_hosts_at=known_at or parsed.known_hosts_at)

"""The way to a host, whether it is another machine or the bot's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.tools.local.connection import LocalConnection
from bot.tools.page_texts import resolve, variable_of
from bot.tools.places import HostPlace, LocalPlace
from bot.tools.ssh.connection import Connection
from bot.tools.ssh.exchange import Channel
from bot.tools.ssh.forward import Connect, Forward
from bot.tools.ssh.login import login


class HostConnection(Protocol):
    """Over SSH, or to the bot's own machine."""

    def channel(self) -> Channel:
        """A place for one program. Raises Unreachable; its message says why."""

    def forward(self, to: Connect) -> Forward:
        """A port of the host's loopback that leads to a server of this machine. Raises Unreachable, Failed."""

    def close(self) -> None:
        """Close it; the next use opens it again."""


def connection_to(
    name: str, place: HostPlace | LocalPlace, environ: Mapping[str, str], own: Mapping[str, str]
) -> HostConnection:
    """The connection of a host. `own` is all that a local one gets of the bot's environment. Raises Unreachable."""
    if isinstance(place, LocalPlace):
        return LocalConnection(name, own)
    texts = (place.address, place.key, place.known_hosts)
    address, key, known_hosts = (resolve(text, environ) for text in texts)
    return Connection(login(name, address, key, known_hosts, [variable_of(text) for text in texts]))

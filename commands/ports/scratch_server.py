"""A scratch PostgreSQL server on the bot's own machine, for a copy of production's database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import Event
from typing import Protocol

from commands.ports.page_text import DatabaseAddress
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class ScratchNeeds:
    """What a copy of production's database needs from a server.

    `size` is in bytes. `encoding` is PostgreSQL's name of it. The server's major version must be from `oldest` to
    `newest` (None: no upper bound). `roles` are names, each with whether it is a superuser. `members` are pairs of a
    role and one of its members. `settings` are the roles' settings for all databases: role, name and value. `icu`: some
    of its collations are ICU's.
    """

    size: int
    encoding: str
    oldest: int
    newest: int | None
    extensions: tuple[str, ...] = ()
    roles: tuple[tuple[str, bool], ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str, str], ...] = ()
    icu: bool = False


class ScratchServer(Protocol):
    """An empty server that runs for as long as its context is open."""

    @property
    def address(self) -> DatabaseAddress:
        """The `$NAME` of its address as the host reaches it, for the `env` of a job or query on that host."""

    def failure(self) -> str:
        """Why the host can no longer reach or use the server, as a clause; empty while it can."""


class ScratchServers(Protocol):
    """Scratch servers."""

    def check(self, host: str, need: ScratchNeeds) -> None:
        """Check that a server could be started, and start none. Raises Unreachable, and Failed as `start` does."""

    def start(self, host: str, need: ScratchNeeds, *, stop: Event) -> AbstractContextManager[ScratchServer]:
        """Start a server that the host reaches at a port of its loopback; the context's end removes it and its data.

        Raises Failed (no server can be started; the message is a clause that says why and what to do), Unreachable
        (the host), Stopped (`stop` was set).
        """

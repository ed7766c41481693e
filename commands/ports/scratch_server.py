"""The seam to a throw-away PostgreSQL on the bot's own machine: what a copy of production needs, and what is lent for it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class ScratchNeeds:
    """What production's database says that a copy of it needs.

    `size` is in bytes, `encoding` PostgreSQL's name of it; the server's major version is from `oldest` to `newest` (None:
    any). `roles` are names, each with whether it is a superuser; `members` are pairs of a role and who belongs to it.
    """

    size: int
    encoding: str
    oldest: int
    newest: int | None
    extensions: tuple[str, ...] = ()
    roles: tuple[tuple[str, bool], ...] = ()
    members: tuple[tuple[str, str], ...] = ()


class ScratchServer(Protocol):
    """A server that is lent, empty, for as long as its context is open."""

    @property
    def address(self) -> str:
        """The `$NAME` of its address as the host reaches it, for the `env` of a job or a question there."""

    def lost(self) -> str:
        """Why the host can reach it no more, or could not go on with it, as a clause; empty while all is well."""


class ScratchServers(Protocol):
    """Throw-away servers."""

    def ready(self, host: str, need: ScratchNeeds) -> None:
        """Look whether one could be lent; starts none. Raises Failed as `beside` does, Unreachable."""

    def beside(self, host: str, need: ScratchNeeds, *, stop: Event) -> AbstractContextManager[ScratchServer]:
        """Start a server that the host reaches at a port of its own loopback; at the end it is gone, with all that it held.

        Raises Failed (none can be had; the message is a clause that says why and what to do), Unreachable (the host),
        Stopped (`stop` was set meanwhile).
        """

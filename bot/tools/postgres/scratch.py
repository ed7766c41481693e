"""The scratch tool: a throw-away PostgreSQL on the bot's machine, which a host reaches through its SSH connection."""

from __future__ import annotations

import itertools
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from bot.tools.postgres.scratch_folder import must_have_room
from bot.tools.postgres.scratch_server import SUPERUSER, ThrowawayServer, room, throwaway_server
from bot.tools.postgres.server_programs import fit, program_folders
from bot.tools.secrets import Redactor
from bot.tools.ssh.forward import LOOPBACK, Forward
from bot.tools.ssh.shell import SshShell
from commands.ports.scratch_server import ScratchNeeds

_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class _Lent:
    """See `commands.ports.scratch_server.Lent`."""

    address: str
    host: str
    server: ThrowawayServer
    forward: Forward

    def lost(self) -> str:
        if self.forward.lost:
            return f"the connection to host “{self.host}”, through which the copy was made, was lost"
        return self.server.broken()


class EmbeddedScratch:
    """`commands.ports.scratch_server.Scratch`. `made` is where the shell finds what the addresses' names stand for."""

    def __init__(
        self,
        shell: SshShell,
        made: MutableMapping[str, str],
        redact: Redactor,
        *,
        folders: Callable[[], Iterable[Path]] = program_folders,
        temp: Path | None = None,
    ) -> None:
        self._shell = shell
        self._made = made
        self._redact = redact
        self._folders = folders
        self._temp = temp or Path(tempfile.gettempdir())

    def ready(self, host: str, need: ScratchNeeds) -> None:
        """See `commands.ports.scratch_server.Scratch.ready`."""
        fit(need, self._folders())
        must_have_room(self._temp, room(need))
        self._shell.connection(host).forward(_nobody).close()

    @contextmanager
    def beside(self, host: str, need: ScratchNeeds, *, stop: Event) -> Iterator[_Lent]:
        """See `commands.ports.scratch_server.Scratch.beside`."""
        programs = fit(need, self._folders())
        with (
            throwaway_server(programs, need, self._temp, stop) as server,
            closing(self._shell.connection(host).forward(server.connect)) as forward,
            self._named(
                f"postgresql://{SUPERUSER}:{server.password}@{LOOPBACK}:{forward.port}/postgres?sslmode=disable"
            ) as name,
        ):
            yield _Lent(address=name, host=host, server=server, forward=forward)

    @contextmanager
    def _named(self, address: str) -> Iterator[str]:
        """A name for an address, as if it stood in the environment: no secret passes through the core."""
        name = f"GONOGO_SCRATCH_{next(_numbers)}"
        self._redact.learn(address)
        self._made[name] = address
        try:
            yield f"${name}"
        finally:
            del self._made[name]


def _nobody() -> socket.socket:
    raise ConnectionRefusedError

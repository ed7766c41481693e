"""The scratch tool: a temporary PostgreSQL on the bot's machine that a host reaches over SSH."""

from __future__ import annotations

import itertools
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

from bot.tools.postgres.scratch_folder import check_space
from bot.tools.postgres.scratch_server import SUPERUSER, LocalServer, local_server, space_for
from bot.tools.postgres.server_programs import choose_programs, program_folders
from bot.tools.secrets import Redactor
from bot.tools.ssh.forward import LOOPBACK, Forward
from bot.tools.ssh.shell import SshShell
from commands.ports.page_text import DatabaseAddress
from commands.ports.scratch_server import ScratchNeeds
from state.frozen import dataclass

_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class _ForwardedServer:
    """`commands.ports.scratch_server.ScratchServer`: a local server, and the forward by which the host reaches it."""

    address: DatabaseAddress
    host: str
    server: LocalServer
    forward: Forward

    def failure(self) -> str:
        if self.forward.lost:
            return f"the SSH connection to host “{self.host}” was lost; the copy was reached through it"
        return self.server.failure()


class EmbeddedScratch:
    """`commands.ports.scratch_server.ScratchServers`.

    `addresses` is where the shell finds the addresses of running servers, by name.
    """

    def __init__(
        self,
        shell: SshShell,
        addresses: MutableMapping[str, str],
        redact: Redactor,
        *,
        folders: Callable[[], Iterable[Path]] = program_folders,
        temp: Path | None = None,
    ) -> None:
        self._shell = shell
        self._addresses = addresses
        self._redact = redact
        self._folders = folders
        self._temp = temp or Path(tempfile.gettempdir())

    def check(self, host: str, need: ScratchNeeds) -> None:
        """See `commands.ports.scratch_server.ScratchServers.check`."""
        choose_programs(need, self._folders())
        check_space(self._temp, space_for(need))
        self._shell.connection(host).forward(_refuse).close()

    @contextmanager
    def start(self, host: str, need: ScratchNeeds, *, stop: Event) -> Iterator[_ForwardedServer]:
        """See `commands.ports.scratch_server.ScratchServers.start`."""
        programs = choose_programs(need, self._folders())
        with (
            local_server(programs, need, self._temp, stop) as server,
            closing(self._shell.connection(host).forward(server.connect)) as forward,
            self._named(
                f"postgresql://{SUPERUSER}:{server.password}@{LOOPBACK}:{forward.port}/postgres?sslmode=disable"
            ) as name,
        ):
            yield _ForwardedServer(address=DatabaseAddress(name), host=host, server=server, forward=forward)

    @contextmanager
    def _named(self, address: str) -> Iterator[str]:
        """A name for an address, like a variable of the environment, so that no secret passes through the core."""
        name = f"GONOGO_SCRATCH_{next(_numbers)}"
        self._redact.learn(address)
        self._addresses[name] = address
        try:
            yield f"${name}"
        finally:
            del self._addresses[name]


def _refuse() -> socket.socket:
    raise ConnectionRefusedError

"""An SSH server of a test's own, which it may configure, restart and cut off."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from bot.rehearsal.target import ssh_server
from bot.rehearsal.target.host import PLAIN_PATH
from bot.rehearsal.target.loopback import is_listening, wait_until
from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.ssh.shell import SshShell
from tests.bot.tools.helpers import shell_for
from tests.conftest import make_host

SSHD = shutil.which("sshd", path=f"{PLAIN_PATH}:/usr/local/sbin:/usr/sbin:/sbin") or ""


class OwnServer:
    """A server, and a shell whose host `box` it is."""

    def __init__(self, server: SshServer) -> None:
        self.server = server
        self.home = server.host.home
        self.shell: SshShell = shell_for(server)
        self._keys = server.host.keys / "authorized_keys"
        self._key = self._keys.read_text()

    def force(self, command: str) -> None:
        """Let every session run this command, as `command=` in authorized_keys does; empty: what was asked for."""
        quoted = command.replace('"', '\\"')
        self._keys.write_text(f'command="{quoted}" {self._key}' if command else self._key)
        self.shell.close()

    def login_shell(self, shell: str) -> None:
        """Let another shell run what was asked for, as the login shell of a user does."""
        self.force(f'exec {shell} -c "$SSH_ORIGINAL_COMMAND"')

    def configure(self, **changes: str) -> None:
        """Restart the server with other values in its configuration."""
        config = self.server.host.keys / "sshd_config"
        kept = [line for line in config.read_text().splitlines() if line.split(" ")[0] not in changes]
        config.write_text("\n".join([*kept, *(f"{name} {value}" for name, value in changes.items())]) + "\n")
        self.shell.close()
        self.stop()
        self.restart()
        wait_until(lambda: is_listening(self.server.port), "sshd")

    def cut(self) -> None:
        """Kill the server's processes of every open connection, as a crash does."""
        _kill(self.sessions())

    def sessions(self) -> list[psutil.Process]:
        """The processes of the server that carry the open connections."""
        server = psutil.Process(self.server.host.children[-1].pid)
        return [process for process in server.children(recursive=True) if _is_sshd(process)]

    def programs(self) -> set[int]:
        """The process ids of the bot's programs that run on the host in a session of the server."""
        found = set()
        for process in self.server.host.processes():
            with suppress(psutil.NoSuchProcess):
                parent = process.parent()
                if parent and parent.name() == "sshd" and "gonogo" in process.cmdline():
                    found.add(process.pid)
        return found

    def restart(self) -> None:
        """Start the server again after its end, on the same port and with the same keys."""
        self.server.host.spawn("sshd", [SSHD, "-D", "-e", "-f", self.server.host.keys / "sshd_config"])

    def stop(self) -> None:
        """End the server; its port refuses connections then."""
        sessions = self.sessions()
        self.server.host.children[-1].terminate()
        self.server.host.children[-1].wait()
        _kill(sessions)


def _is_sshd(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.name() == "sshd"
    return False


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def has_ended(pid: int) -> bool:
    """Whether a process has ended, also if nobody has asked for its exit code yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def names_of(processes: Iterable[psutil.Process]) -> list[str]:
    """The names of the processes that still exist."""
    names = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            names.append(process.name())
    return names


@contextmanager
def own_server(folder: Path, *lines: str, patch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """Start OpenSSH's server with more lines in its configuration."""
    if not SSHD:
        pytest.skip("this machine has no sshd")
    patch.setattr(ssh_server, "CONFIG", ssh_server.CONFIG + "".join(f"{line}\n" for line in lines))
    host = make_host(folder)
    server = SshServer(host)
    server.start()
    own = OwnServer(server)
    yield own
    own.shell.close()
    host.stop_processes()

"""A machine that systemd booted, on the network of this one: a container of nspawn."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import psutil
import pytest

from bot.rehearsal.target.host import TargetError
from bot.rehearsal.target.loopback import free_port, is_listening, wait_until
from bot.rehearsal.target.ssh_server import make_key
from tests.local_shell import LocalShell
from tests.parts.debian import debian_root
from tests.parts.service import Service

USERS = ("root", "deploy", "guest")  # deploy may ask systemctl and journalctl by sudo, guest may not
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HIERARCHIES = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")
_SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized
StrictModes no
UsePAM yes
PidFile none
"""
_PR_SET_PDEATHSIG = 1


class Machine:
    """The machine. `leader` is the process id of its systemd."""

    def __init__(self, leader: int) -> None:
        self.leader = leader
        self.root = Path(f"/proc/{leader}/root")  # its files; what is written here is gone at the end

    def words(self, user: str = "root") -> list[str]:
        """The words before a command that runs inside as a user."""
        inside = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--"]
        return [*inside, "setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]

    def shell(self, user: str = "root", **environ: str) -> LocalShell:
        """The Shell of a user on it; `environ` gives the `$NAME`s."""
        home = "/root" if user == "root" else f"/home/{user}"
        return LocalShell(environ, within=self.words(user), base={"PATH": _PATH, "HOME": home})

    def ask(self, *words: str) -> str:
        """What a command of root prints. Raises TargetError."""
        ended = subprocess.run(
            [*self.words(), *words],
            env={"PATH": _PATH, "LC_ALL": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise TargetError(f"{' '.join(words)}: {ended.stdout}")
        return ended.stdout

    def service(self, name: str) -> Service:
        """A service in a folder of the machine, of which systemd knows nothing yet."""
        return Service(self.root / "srv" / name, name, inside=f"/srv/{name}")

    def unit(self, name: str, text: str) -> None:
        """Write a unit file, and let systemd read it."""
        (self.root / "etc/systemd/system" / name).write_text(text)
        self.ask("systemctl", "daemon-reload")

    def install(self, service: Service, *lines: str, unit: str = "") -> None:
        """Write the unit of a service and start it; `lines` go into its [Service], before which `unit` names it."""
        unit = unit or f"{service.name}.service"
        reload = "ExecReload=/bin/kill -HUP $MAINPID"
        always = ("Restart=always", "RestartSec=100ms", "User=deploy")
        text = ["[Service]", f"ExecStart={service.command}", reload, *always, *lines]
        self.unit(unit, "\n".join([*text, "[Install]", "WantedBy=multi-user.target", ""]))
        if "@." not in unit:
            self.ask("systemctl", "enable", "--now", "--quiet", unit)

    def install_socket(self, service: Service, *lines: str) -> None:
        """Write the unit of a service and its socket, and start the socket: the service starts at the first request."""
        self.unit(f"{service.name}.socket", f"[Socket]\nListenStream=127.0.0.1:{service.port}\n")
        text = ["[Service]", f"ExecStart={service.command}", "User=deploy", *lines, ""]
        self.unit(f"{service.name}.service", "\n".join(text))
        self.ask("systemctl", "start", f"{service.name}.socket")

    def ssh(self, folder: Path) -> dict[str, str]:
        """Let deploy log in by SSH. Returns what the bot needs for that, and writes the keys into a folder."""
        port, etc = free_port(), self.root / "etc/ssh"
        (etc / "authorized").write_text(make_key(folder / "client") + "\n")
        (etc / "of_tests").write_text(_SSHD.format(port=port))
        self.unit(
            "of-tests.service",
            "[Service]\nExecStartPre=mkdir -p /run/sshd\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/of_tests\n",
        )
        self.ask("systemctl", "start", "of-tests")
        wait_until(lambda: is_listening(port), "sshd in the machine")
        public = (etc / "ssh_host_ed25519_key.pub").read_text()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}")
        known, key = str(folder / "known_hosts"), str(folder / "client")
        return {"SHOP_SSH": f"deploy@127.0.0.1:{port}", "SHOP_SSH_KEY": key, "SHOP_KNOWN_HOSTS": known}

    def remove(self, *units: str) -> None:
        """Stop units and remove their files."""
        for unit in units:
            self.ask("systemctl", "stop", unit)
            (self.root / "etc/systemd/system" / unit).unlink(missing_ok=True)
        self.ask("systemctl", "daemon-reload")


@contextmanager
def machine(*packages: str, binds: Sequence[Path] = ()) -> Iterator[Machine]:
    """A machine that runs meanwhile, with more packages. It sees the folders `binds` of this one, to read.

    Skips the test where this machine cannot boot one.
    """
    if shutil.which("systemd-nspawn") is None or os.geteuid() != 0:
        pytest.skip("this machine has no systemd-nspawn, or the user is not root")
    root = debian_root(*packages)
    name = f"gonogo-{os.getpid()}-{time.monotonic_ns() % 10**6}"
    groups = _own_groups(name)
    words = ["-b", "--register=no", "--keep-unit", "--volatile=overlay", "--console=pipe", "--link-journal=no"]
    seen = [f"--bind-ro={folder}" for folder in binds]
    with TemporaryFile() as out:
        process = subprocess.Popen(
            ["systemd-nspawn", *words, *seen, f"--directory={root}", f"--machine={name}"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=lambda: _begin(groups),  # noqa: PLW1509  # the tests start it from their one thread
        )
        try:
            yield _booted(process, out)
        finally:
            _stop(process, groups)


def _own_groups(name: str) -> list[Path]:
    """A control group for each hierarchy, for nspawn makes its own below: two machines in one would end each other."""
    groups = [Path(top) / name for top in _HIERARCHIES if (Path(top) / "cgroup.procs").exists()]
    try:
        for group in groups:
            group.mkdir()
    except OSError as error:
        pytest.skip(f"this machine lets nobody make control groups: {error}")
    return groups


def _begin(groups: Sequence[Path]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a killed test leaves no machine behind
    for group in groups:
        (group / "cgroup.procs").write_text("0")


def _booted(process: subprocess.Popen[bytes], out: IO[bytes]) -> Machine:
    found: list[Machine] = []

    def is_up() -> bool:
        if process.poll() is not None:
            out.seek(0)
            pytest.skip(f"systemd-nspawn boots no machine here: {out.read().decode(errors='replace')[-300:]}")
        for child in psutil.Process(process.pid).children():
            machine = Machine(child.pid)
            try:
                state = machine.ask("systemctl", "is-system-running")
            except TargetError as error:
                state = str(error)
            if state.split()[-1:] in (["running"], ["degraded"]):
                found.append(machine)
        return bool(found)

    wait_until(is_up, "systemd in its machine", 60)
    return found[0]


def _stop(process: subprocess.Popen[bytes], groups: Sequence[Path]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:  # one of its services does not end
        for procs in groups[0].rglob("cgroup.procs"):
            for pid in procs.read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        process.wait()
    wait_until(lambda: all(map(_is_removed, groups)), "the end of the machine's processes")


def _is_removed(group: Path) -> bool:
    try:
        for folder in sorted(group.rglob("*/"), key=lambda folder: len(folder.parts), reverse=True):
            folder.rmdir()
        group.rmdir()
    except FileNotFoundError:
        return not group.exists()
    except OSError:  # what was killed is not gone at once
        return False
    return True

"""The target's SSH server: OpenSSH's sshd where it works, else asyncssh, with keys of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import paramiko

from bot.rehearsal.target.box import PLAIN_PATH, Box, free_port, listens, wait_until

PRIVILEGE_SEPARATION = Path("/run/sshd")
CONFIG = """# The SSH server of one target: key-only, one user, on loopback.
ListenAddress 127.0.0.1
Port {port}
HostKey {keys}/host
AuthorizedKeysFile {keys}/authorized_keys
AllowUsers {user}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
PrintMotd no
SetEnv HOME={home} PATH={path}
Subsystem sftp internal-sftp
"""


@dataclass
class Ssh:
    """The SSH server of one target; `start` makes the host key, the client's key and the known_hosts file.

    `openssh=False` takes asyncssh even where sshd is found. `path` is the PATH of a plain command.
    """

    box: Box
    port: int = field(default_factory=free_port)
    user: str = field(default_factory=lambda: pwd.getpwuid(os.geteuid()).pw_name)
    openssh: bool = True
    path: str = PLAIN_PATH

    @property
    def address(self) -> str:
        return f"{self.user}@127.0.0.1:{self.port}"

    @property
    def key(self) -> Path:
        return self.box.keys / "client"

    @property
    def known_hosts(self) -> Path:
        return self.box.keys / "known_hosts"

    def start(self) -> None:
        host = _make_key(self.box.keys / "host")
        client = _make_key(self.key)
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {host}\n")
        (self.box.keys / "authorized_keys").write_text(client + "\n")
        if not (self.openssh and self._start_sshd()):
            self._start_asyncssh()

    def _start_sshd(self) -> bool:
        program = shutil.which("sshd", path=f"{PLAIN_PATH}:/usr/local/sbin:/usr/sbin:/sbin")
        if program is None:
            return False
        config = self.box.keys / "sshd_config"
        config.write_text(
            CONFIG.format(port=self.port, keys=self.box.keys, user=self.user, home=self.box.home, path=self.path)
        )
        if os.geteuid() == 0:
            # sshd insists on this empty folder as root; its service makes it, and on a machine without one nobody did.
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self.box.spawn("sshd", [program, "-D", "-e", "-f", config])
        if self._lets_in():
            return True
        # It listens or ended, but does not serve this user (no /run/sshd, a locked account, no login shell).
        self.box.children[-1].terminate()
        self.box.children.pop().wait()
        return False

    def _start_asyncssh(self) -> None:
        words: list[str | Path] = [str(self.port), self.box.keys / "host", self.box.keys / "authorized_keys"]
        self.box.spawn("ssh_server", [sys.executable, "-m", "bot.rehearsal.target.ssh_server", *words])
        wait_until(lambda: listens(self.port), "The SSH server")

    def _lets_in(self) -> bool:
        child = self.box.children[-1]
        wait_until(lambda: child.poll() is not None or listens(self.port), "sshd")
        if child.poll() is not None:
            return False
        try:
            return _home(self) == str(self.box.home)
        except (paramiko.SSHException, OSError):  # refused: the caller takes the other server
            return False


def _home(ssh: Ssh) -> str:
    client = paramiko.SSHClient()
    client.load_host_keys(str(ssh.known_hosts))
    with client:
        client.connect(
            "127.0.0.1", ssh.port, ssh.user, key_filename=str(ssh.key), timeout=5,
            allow_agent=False, look_for_keys=False,
        )  # fmt: skip
        _, answer, _ = client.exec_command("echo $HOME", timeout=5)
        return str(answer.read().decode().strip())


def _make_key(path: Path) -> str:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(path))
    path.chmod(0o600)
    return key.export_public_key().decode().strip()

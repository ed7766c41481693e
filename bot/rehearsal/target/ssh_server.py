"""The target's SSH server: OpenSSH's sshd where it works, otherwise one in Python."""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import paramiko

from bot.rehearsal.target.host import PLAIN_PATH, Host
from bot.rehearsal.target.loopback import free_port, is_listening, wait_until
from bot.tools.python_module import module_command

PRIVILEGE_SEPARATION = Path("/run/sshd")
CONFIG = """# The SSH server of one target: one user, keys only, on loopback.
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
class SshServer:
    """The SSH server of one host.

    `openssh=False` takes the server in Python even where sshd works. `path` is the PATH of a command over ssh.
    """

    host: Host
    port: int = field(default_factory=free_port)
    user: str = field(default_factory=lambda: pwd.getpwuid(os.geteuid()).pw_name)
    openssh: bool = True
    path: str = PLAIN_PATH

    @property
    def address(self) -> str:
        """`user@host:port`."""
        return f"{self.user}@127.0.0.1:{self.port}"

    @property
    def key(self) -> Path:
        """The client's private key."""
        return self.host.keys / "client"

    @property
    def known_hosts(self) -> Path:
        """The file with the server's public key."""
        return self.host.keys / "known_hosts"

    def start(self) -> None:
        """Create both keys and the known_hosts file, and start a server."""
        host_key = make_key(self.host.keys / "host")
        client_key = make_key(self.key)
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {host_key}\n")
        (self.host.keys / "authorized_keys").write_text(client_key + "\n")
        if not (self.openssh and self._start_sshd()):
            self._start_asyncssh()

    def _start_sshd(self) -> bool:
        program = shutil.which("sshd", path=f"{PLAIN_PATH}:/usr/local/sbin:/usr/sbin:/sbin")
        if program is None:
            return False
        config = self.host.keys / "sshd_config"
        config.write_text(
            CONFIG.format(port=self.port, keys=self.host.keys, user=self.user, home=self.host.home, path=self.path)
        )
        if os.geteuid() == 0:
            # as root, sshd insists on this empty folder; a machine without the sshd service does not have it
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self.host.spawn("sshd", [program, "-D", "-e", "-f", config])
        if self._serves_user():
            return True
        # it listens or ended, but does not serve this user (no /run/sshd, a locked account, no login shell)
        self.host.children[-1].terminate()
        self.host.children.pop().wait()
        return False

    def _start_asyncssh(self) -> None:
        arguments: list[str | Path] = [str(self.port), self.host.keys / "host", self.host.keys / "authorized_keys"]
        self.host.spawn("asyncssh", [*module_command("bot.rehearsal.target.asyncssh_server"), *arguments])
        wait_until(lambda: is_listening(self.port), "The SSH server")

    def _serves_user(self) -> bool:
        child = self.host.children[-1]
        wait_until(lambda: child.poll() is not None or is_listening(self.port), "sshd")
        if child.poll() is not None:
            return False
        try:
            return _remote_home(self) == str(self.host.home)
        except (paramiko.SSHException, OSError):  # refused: the caller takes the other server
            return False


def make_key(path: Path) -> str:
    """Write a new ed25519 private key (mode 0600) and return its public key as one line."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(path))
    path.chmod(0o600)
    return key.export_public_key().decode().strip()


def _remote_home(server: SshServer) -> str:
    client = paramiko.SSHClient()
    client.load_host_keys(str(server.known_hosts))
    with client:
        client.connect(
            "127.0.0.1", server.port, server.user, key_filename=str(server.key), timeout=5,
            allow_agent=False, look_for_keys=False,
        )  # fmt: skip
        _, output, _ = client.exec_command("echo $HOME", timeout=5)
        return str(output.read().decode().strip())

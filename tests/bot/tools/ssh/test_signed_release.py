"""A signed release over a real SSH connection; the allowed signers come from the bot."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.places import HostPlace
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from commands.steps.base import execute
from tests.commands.steps.builders import box, context
from tests.commands.steps.git_repository import Repository, git
from tests.world import World

RELEASE = 'host = "box"\nrepository = "$REPO"\nsigned = true\nsigners = "$SIGNERS"'


def test_a_commit_is_verified_on_the_host_with_the_bots_list(ssh: SshServer, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    git(
        repository.origin,
        *(
            "-c",
            "gpg.format=ssh",
            "-c",
            f"user.signingkey={key}",
            "commit",
            "-q",
            "-S",
            "--allow-empty",
            "-m",
            "Signed",
        ),
    )
    signer = f"t@example.com {key.with_suffix('.pub').read_text()}"
    environ = {"REPO": str(repository.path), "SIGNERS": f'# it\'s the "list"\nx@example.com $HOME\n{signer}\n'}
    place = HostPlace(address=ssh.address, key=str(ssh.key), known_hosts=str(ssh.known_hosts))
    shell = SshShell({"box": place}, environ, Redactor([]))
    outcome = execute(box("release", RELEASE), context(World(), {"run": "1"}, shell=shell, files={}))
    shell.close()
    assert outcome.state == "done", (outcome.summary, outcome.lines)
    assert outcome.lines[0].startswith("Signed by t@example.com (SHA256:"), outcome.lines

"""Both SSH servers: output, exit code, input, and commands that outlive a session."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.host import PLAIN_PATH, Host
from bot.rehearsal.target.loopback import wait_until
from bot.rehearsal.target.ssh_server import SshServer, make_key


@pytest.fixture(params=[True, False], ids=["openssh", "asyncssh"])
def server(request: pytest.FixtureRequest, host: Host) -> Iterator[SshServer]:
    if request.param and shutil.which("sshd", path=f"{PLAIN_PATH}:/usr/sbin") is None:
        pytest.skip("this machine has no sshd")
    server = SshServer(host, openssh=request.param)
    server.start()
    yield server
    host.stop_processes()


def ssh_command(server: SshServer, command: str, key: Path | None = None) -> list[str]:
    options = ["-F", "none", "-o", f"UserKnownHostsFile={server.known_hosts}", "-o", "BatchMode=yes"]
    identity = ["-i", str(key or server.key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"]
    return ["ssh", *options, *identity, "-p", str(server.port), f"{server.user}@127.0.0.1", command]


def run(server: SshServer, command: str, typed: str = "", key: Path | None = None) -> tuple[int, str, str]:
    result = subprocess.run(ssh_command(server, command, key), input=typed, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


def test_output_input_and_exit_code_arrive(server: SshServer) -> None:
    assert run(server, "cat; echo wrong >&2; exit 3", "typed\n") == (3, "typed\n", "wrong\n")


def test_a_command_has_the_hosts_home_and_a_plain_path(server: SshServer) -> None:
    assert run(server, "echo $HOME $PATH")[1] == f"{server.host.home} {PLAIN_PATH}\n"


def test_the_exit_code_of_a_command_that_ends_at_once_is_not_lost(server: SshServer) -> None:
    assert {run(server, "exit 9")[0] for _ in range(8)} == {9}


def test_a_long_output_arrives_complete(server: SshServer) -> None:
    assert len(run(server, "head -c 3000000 /dev/zero | tr '\\0' x")[1]) == 3_000_000


def test_another_key_is_refused(server: SshServer, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    code, _, error = run(server, "true", key=tmp_path / "other")
    assert (code, "Permission denied" in error) == (255, True), error


def test_a_command_outlives_its_connection(server: SshServer) -> None:
    mark = server.host.home / "mark"
    with subprocess.Popen(
        ssh_command(server, f"echo begun; sleep 1; echo done > {mark}"), stdout=subprocess.PIPE
    ) as ssh:
        assert ssh.stdout
        assert ssh.stdout.readline() == b"begun\n"
        ssh.kill()
    wait_until(mark.exists, "the end of the command", 10)


def test_a_new_key_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    assert make_key(tmp_path / "key").startswith("ssh-ed25519 ")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600

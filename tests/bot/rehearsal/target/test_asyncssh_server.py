"""The SSH server in Python: what only it decides."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.ssh_server import SshServer
from tests.bot.rehearsal.target.test_ssh_server import run, ssh_command


@pytest.fixture
def server(host: Host) -> Iterator[SshServer]:
    server = SshServer(host, openssh=False)
    server.start()
    yield server
    host.stop_processes()


def test_a_command_that_a_signal_ended_has_128_and_the_signal_as_its_exit_code(server: SshServer) -> None:
    assert run(server, "kill -9 $$")[0] == 137


def test_a_session_without_a_command_is_a_shell(server: SshServer) -> None:
    *command, _ = ssh_command(server, "")
    result = subprocess.run([*command], input="echo from the shell\n", capture_output=True, text=True, check=False)
    assert result.stdout == "from the shell\n", result.stderr

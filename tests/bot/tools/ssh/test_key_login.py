"""A server that wants more than a key, or none, is told from one that refuses the key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.tools.ssh import connection
from bot.tools.ssh.shell import SshShell
from state.errors import Unreachable
from tests.bot.tools.ssh.own_server import OwnServer

MORE = "Host “box”: the server accepts the key, but also wants {}, which a bot cannot give. Let this user log in with"


@pytest.fixture
def slow_keys(own: OwnServer) -> Iterator[Callable[[float], str]]:
    """Writes a program that prints the bot's key after so many seconds, where sshd runs one from; returns its path."""
    if os.geteuid():
        pytest.skip("sshd runs such a program of root only")
    file = Path(f"/usr/local/sbin/gonogo-keys-{os.getpid()}")

    def write(seconds: float) -> str:
        keys = own.server.host.keys / "authorized_keys"
        file.write_text(f"#!/bin/sh\nsleep {seconds}\ncat {keys}\n")
        file.chmod(0o755)
        return str(file)

    yield write
    file.unlink(missing_ok=True)


def refusal(shell: SshShell) -> str:
    """Why the log-in fails."""
    with pytest.raises(Unreachable) as caught:
        shell.ask("box", "true")
    return str(caught.value)


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("password", {"PasswordAuthentication": "yes"}),
        ("keyboard-interactive", {"KbdInteractiveAuthentication": "yes", "UsePAM": "yes"}),
    ],
)
def test_a_second_factor_is_named_and_no_password_is_asked_of_the_bots_terminal(
    own: OwnServer, capfd: pytest.CaptureFixture[str], method: str, settings: dict[str, str]
) -> None:
    own.configure(AuthenticationMethods=f"publickey,{method}", **settings)
    assert refusal(own.shell).startswith(MORE.format(method))
    assert "assword:" not in capfd.readouterr().out


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("methods", ["password", "password,publickey"])
def test_a_server_that_asks_for_no_key_is_not_said_to_refuse_it(own: OwnServer, methods: str) -> None:
    own.configure(AuthenticationMethods=methods, PasswordAuthentication="yes")
    said = refusal(own.shell)
    assert said.startswith(
        "Host “box”: the server does not accept keys, only password. Let this user log in with the key alone"
    )


@pytest.mark.fault("slow, taken for broken")
def test_a_server_that_asks_a_slow_directory_for_its_keys_is_waited_for(
    own: OwnServer, monkeypatch: pytest.MonkeyPatch, slow_keys: Callable[[float], str]
) -> None:
    monkeypatch.setattr(connection, "CONNECT_LIMIT", 1.0)
    own.configure(AuthorizedKeysFile="none", AuthorizedKeysCommand=slow_keys(4), AuthorizedKeysCommandUser="root")
    assert own.shell.ask("box", "echo in").tail == "in\n"
    monkeypatch.setattr(connection, "LOGIN_LIMIT", 2.0)
    own.shell.close()
    assert refusal(own.shell).startswith(
        "Host “box”: it did not say within 2 s whether it lets the bot in; see sshd's log"
    )


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("settings", "lacks"),
    [
        ({"KexAlgorithms": "diffie-hellman-group1-sha1"}, "kex"),
        ({"Ciphers": "chacha20-poly1305@openssh.com"}, "cipher"),
        ({"Ciphers": "aes128-cbc", "MACs": "umac-64@openssh.com"}, "mac"),
    ],
    ids=["kex", "cipher", "mac"],
)
def test_a_server_with_old_algorithms_only_is_named_with_what_it_lacks(
    own: OwnServer, settings: dict[str, str], lacks: str
) -> None:
    own.configure(**settings)
    said = refusal(own.shell)
    assert said.startswith("Host “box”: it accepts nothing that the bot does (Incompatible ssh")
    assert lacks in said


@pytest.mark.fault("a cause that nobody has seen")
def test_a_host_key_that_known_hosts_revokes_is_not_called_unknown(own: OwnServer) -> None:
    file = own.server.known_hosts
    text = file.read_text()
    file.write_text(f"@revoked * {text.partition(' ')[2]}{text}")
    assert refusal(own.shell) == (
        "Host “box”: known_hosts revokes the key that it shows; somebody may be intercepting the connection. "
        "Compare it."
    )


def test_a_server_that_takes_a_key_alone_among_other_ways_is_logged_into(own: OwnServer) -> None:
    own.configure(AuthenticationMethods="publickey password", PasswordAuthentication="yes")
    assert own.shell.ask("box", "echo in").tail == "in\n"

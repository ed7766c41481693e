"""A server that wants more than a key, or none, is told from one that refuses the key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.tools.ssh.shell import SshShell
from state.errors import Unreachable
from tests.bot.tools.ssh.own_server import OwnServer, own_server

MORE = "Host “box”: the server accepts the key, but also wants {}, which a bot cannot give. Let this user log in with"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    with own_server(tmp_path, patch=monkeypatch) as running:
        yield running


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


def test_a_server_that_takes_a_key_alone_among_other_ways_is_logged_into(own: OwnServer) -> None:
    own.configure(AuthenticationMethods="publickey password", PasswordAuthentication="yes")
    assert own.shell.ask("box", "echo in").tail == "in\n"

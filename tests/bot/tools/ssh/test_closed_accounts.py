"""An account that may not log in is told apart from a refused key, in the words of a real PAM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.tools.places import HostPlace
from bot.tools.secrets import Redactor
from bot.tools.ssh.shell import SshShell
from state.errors import Unreachable
from tests.parts.machine import Machine, machine

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("a cause that nobody has seen")]


@pytest.fixture(scope="module")
def booted() -> Iterator[Machine]:
    with machine() as running:
        yield running


@pytest.fixture(scope="module")
def shell(booted: Machine, tmp_path_factory: pytest.TempPathFactory) -> SshShell:
    found = booted.ssh(tmp_path_factory.mktemp("keys"))
    place = HostPlace(address=found["SHOP_SSH"], key=found["SHOP_SSH_KEY"], known_hosts=found["SHOP_KNOWN_HOSTS"])
    return SshShell({"box": place}, {}, Redactor([]))


def refusal(shell: SshShell) -> str:
    shell.close()
    with pytest.raises(Unreachable) as caught:
        shell.ask("box", "true")
    shell.close()
    return str(caught.value)


def test_a_host_that_is_still_booting_says_so_itself(booted: Machine, shell: SshShell) -> None:
    file = booted.root / "run/nologin"
    file.write_text("System is booting up.\nUnprivileged users may not log in yet.\n")
    said = refusal(shell)
    file.unlink()
    assert said.startswith(
        "Host “box”: it closes the connection during the log-in, and says “System is booting up. Unprivileged users "
        "may not log in yet.”; check there whether the user may log in now"
    )
    assert shell.ask("box", "echo in").tail == "in\n"


def test_an_account_that_has_expired_is_no_wrong_key(booted: Machine, shell: SshShell) -> None:
    booted.ask("chage", "--expiredate", "2020-01-01", "deploy")
    said = refusal(shell)
    booted.ask("chage", "--expiredate", "-1", "deploy")
    assert "it closes the connection during the log-in, and says “Your account has expired" in said
    assert "key" not in said


def test_a_password_that_has_expired_is_told_in_the_hosts_words(booted: Machine, shell: SshShell) -> None:
    booted.ask("chage", "--lastday", "2020-01-01", "--maxdays", "90", "deploy")
    said = refusal(shell)
    booted.ask("chage", "--lastday", "-1", "--maxdays", "-1", "deploy")
    assert "Your password has expired" in said


def test_a_key_that_is_refused_is_still_called_so(booted: Machine, shell: SshShell) -> None:
    keys = booted.root / "etc/ssh/authorized"
    text = keys.read_text()
    keys.write_text("")
    said = refusal(shell)
    keys.write_text(text)
    assert said == "Host “box”: it refuses the key; check the user and the key's public half in authorized_keys."

"""A log-in with a certificate beside the key: of one that is refused it is said why."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

import pytest

from state.errors import Unreachable
from tests.bot.tools.helpers import shell_for
from tests.bot.tools.ssh.own_server import OwnServer


class Authority:
    """An authority of users' certificates whom the server trusts, and a key that it knows only by them."""

    def __init__(self, folder: Path, own: OwnServer) -> None:
        self._folder, self._own = folder, own
        for name in ("authority", "bot"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        own.configure(TrustedUserCAKeys=str(folder / "authority.pub"))

    def allow_key(self) -> None:
        """Let the key in without its certificate, too."""
        with (self._own.server.host.keys / "authorized_keys").open("a") as keys:
            keys.write("\n" + (self._folder / "bot.pub").read_text())

    def log_in(self, valid: str, *more: str, principal: str | None = None) -> str:
        """Sign the key for a time, as ssh-keygen's `-V` has it, and log in. Returns why it failed, or nothing."""
        of = getpass.getuser() if principal is None else principal
        sign: list[str | Path] = ["ssh-keygen", "-q", "-s", self._folder / "authority", "-I", "bot", "-V", valid, *more]
        sign += ["-n", of] if of else []
        subprocess.run([*sign, self._folder / "bot.pub"], check=True)
        return self.log_in_by(None)

    def log_in_by(self, certificate: str | None) -> str:
        """Log in, with this as the certificate's file; None for the signed one. Returns why it failed, or nothing."""
        if certificate is not None:
            (self._folder / "bot-cert.pub").write_text(certificate)
        shell = shell_for(self._own.server, key=str(self._folder / "bot"))
        try:
            shell.ask("box", "true")
        except Unreachable as error:
            return str(error)
        finally:
            shell.close()
        return ""


@pytest.fixture
def authority(tmp_path: Path, own: OwnServer) -> Authority:
    (tmp_path / "signed").mkdir(mode=0o700)
    return Authority(tmp_path / "signed", own)


@pytest.mark.fault("a cause that nobody has seen")
def test_of_a_certificate_that_is_refused_its_end_or_its_users_are_named(authority: Authority) -> None:
    assert authority.log_in("-1h:+1h") == ""
    assert authority.log_in("20200101:20200201").startswith(
        "Host “box”: the certificate beside the key ended at 2020-0"
    )
    assert authority.log_in("+1d:+2d").startswith("Host “box”: the certificate beside the key counts only from 20")
    said = authority.log_in("always:forever", principal="somebody")
    assert said.startswith("Host “box”: it refuses the certificate beside the key, which is for somebody. Check"), said


@pytest.mark.fault("a cause that nobody has seen")
def test_of_a_certificate_without_users_or_with_conditions_that_is_said(authority: Authority) -> None:
    said = authority.log_in("always:forever", principal="")
    assert said == (
        "Host “box”: it refuses the certificate beside the key, which names no user. "
        "Have it signed for one (ssh-keygen -n)."
    )
    said = authority.log_in("always:forever", "-O", "source-address=192.0.2.1/32")
    assert ", with the critical option source-address. Check that, the user, and there" in said, said


def test_a_key_that_is_let_in_by_itself_needs_no_certificate_that_counts(authority: Authority) -> None:
    authority.allow_key()
    assert authority.log_in("20200101:20200201") == ""


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("certificate", ["", "ssh-ed25519-cert-v01@openssh.com AAAAI\n", "ssh-rsa AAAAB3NzaC1yc2E=\n"])
def test_a_certificate_that_cannot_be_used_is_not_called_a_wrong_key(authority: Authority, certificate: str) -> None:
    said = authority.log_in_by(certificate)
    assert said.startswith("Host “box”: the certificate beside the private key (the key's path and -cert.pub) is"), said

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

    def log_in(self, valid: str, principal: str = "") -> str:
        """Sign the key for a time, as ssh-keygen's `-V` has it, and log in. Returns why it failed, or nothing."""
        sign: list[str | Path] = ["ssh-keygen", "-q", "-s", self._folder / "authority", "-I", "bot", "-V", valid]
        of = principal or getpass.getuser()
        subprocess.run([*sign, "-n", of, self._folder / "bot.pub"], check=True)
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

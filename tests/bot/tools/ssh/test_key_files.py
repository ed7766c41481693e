"""The files of an SSH login: keys with passphrases, and the lines of known_hosts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import paramiko
import pytest
from paramiko.hostkeys import HostKeys

from bot.rehearsal.target.ssh_server import SshServer, make_key
from bot.tools.ssh.key_files import add_known_hosts, read_private_key
from state.errors import Unreachable
from tests.bot.tools.helpers import shell_for
from tests.bot.tools.ssh.own_server import OwnServer, own_server


def known(tmp_path: Path, *lines: str) -> tuple[HostKeys, bool]:
    """The keys of a known_hosts file, and whether it has certificate authorities."""
    (tmp_path / "known_hosts").write_text("\n".join(lines))
    keys = HostKeys()
    return keys, add_known_hosts(str(tmp_path / "known_hosts"), keys)


@pytest.mark.parametrize("form", [[], ["-m", "PEM"]], ids=["OpenSSH", "PEM"])
@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_a_key_with_a_passphrase_is_told_from_a_good_one(tmp_path: Path, kind: str, form: list[str]) -> None:
    if kind == "ed25519" and "PEM" in form:
        pytest.skip("ssh-keygen writes no ed25519 key in this form")
    for name, passphrase in (("open", ""), ("locked", "secret")):
        command = ["ssh-keygen", "-q", "-t", kind, *form, "-N", passphrase, "-f", str(tmp_path / name)]
        subprocess.run(command, check=True)
    assert read_private_key(str(tmp_path / "open")).get_name()
    with pytest.raises(paramiko.PasswordRequiredException):
        read_private_key(str(tmp_path / "locked"))


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "\0" * 100])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(ValueError, match="holds no usable private key"):
        read_private_key(str(tmp_path / "key"))


@pytest.mark.fault("a cause that nobody has seen")
def test_a_login_with_a_locked_key_says_so_and_reaches_no_host(ssh: SshServer, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(tmp_path / "key")], check=True)
    with pytest.raises(Unreachable, match=r"the private key has a passphrase; use a key without one\."):
        shell_for(ssh, address="nobody@host.invalid:22", key=str(tmp_path / "key")).ask("box", "true")


def test_lines_that_are_no_entries_are_skipped(tmp_path: Path) -> None:
    key = make_key(tmp_path / "host")
    lines = ("# a comment", "", "half a line", "host ssh-ed25519 AAAA!", "host ssh-new AAAAB3", f"host\t{key}")
    keys, authorities = known(tmp_path, *lines)
    entries = keys.lookup("host")
    assert entries is not None
    assert [entry.get_base64() for entry in entries.values()] == [key.split()[1]]
    assert not authorities


def test_a_revoked_key_counts_for_no_host(tmp_path: Path) -> None:
    key, good = make_key(tmp_path / "one"), make_key(tmp_path / "two")
    keys, _ = known(tmp_path, f"host {key}", f"other {good}", f"@revoked * {key}")
    assert keys.lookup("host") is None
    assert keys.lookup("other") is not None


def test_an_authority_is_no_key_of_a_host(ssh: SshServer, tmp_path: Path) -> None:
    authority = make_key(tmp_path / "authority")
    (tmp_path / "known_hosts").write_text(f"@cert-authority * {authority}\n")
    with pytest.raises(Unreachable, match=r"its host key is unknown; .* @cert-authority lines: add the host's own key"):
        shell_for(ssh, known_hosts=str(tmp_path / "known_hosts")).ask("box", "true")


def test_an_authority_beside_the_hosts_own_key_does_not_disturb(ssh: SshServer, tmp_path: Path) -> None:
    authority = make_key(tmp_path / "authority")
    own = ssh.known_hosts.read_text()
    (tmp_path / "known_hosts").write_text(f"@cert-authority *.example.com {authority}\n{own}")
    assert shell_for(ssh, known_hosts=str(tmp_path / "known_hosts")).ask("box", "echo here").tail == "here\n"


RSA, NIST, ED = "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"


@pytest.fixture
def with_three_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[OwnServer, dict[str, str]]]:
    """A server that has a key of each of three types, and those keys."""
    lines, keys = [], {}
    for kind in (RSA, NIST):
        key, file = asyncssh.generate_private_key(kind), tmp_path / kind
        key.write_private_key(str(file))
        file.chmod(0o600)
        lines.append(f"HostKey {file}")
        keys[kind] = key.export_public_key().decode().strip()
    with own_server(tmp_path, *lines, patch=monkeypatch) as own:
        keys[ED] = own.server.known_hosts.read_text().split(" ", 1)[1].strip()
        yield own, keys


def says_here(own: OwnServer, folder: Path, *keys: str) -> bool:
    """Whether a login with these known keys of the server reaches it. Raises what the shell raises."""
    name = own.server.known_hosts.read_text().split()[0]
    (folder / "known_hosts").write_text("".join(f"{name} {key}\n" for key in keys))
    shell = shell_for(own.server, known_hosts=str(folder / "known_hosts"))
    try:
        return shell.ask("box", "echo here").tail == "here\n"
    finally:
        shell.close()


def of_another_server(kind: str) -> str:
    """A public key that the server does not have."""
    return str(asyncssh.generate_private_key(kind).export_public_key().decode().strip())


@pytest.mark.parametrize("kind", [RSA, NIST, ED])
def test_a_known_key_counts_though_the_server_prefers_another_or_an_old_line_stands_before_it(
    with_three_keys: tuple[OwnServer, dict[str, str]], tmp_path: Path, kind: str
) -> None:
    own, keys = with_three_keys
    assert says_here(own, tmp_path, keys[kind])
    assert says_here(own, tmp_path, of_another_server("ecdsa-sha2-nistp384"), keys[kind])
    assert says_here(own, tmp_path, keys[kind], of_another_server("ecdsa-sha2-nistp521"))
    if kind == ED:
        assert says_here(own, tmp_path, of_another_server(RSA), keys[kind]), "the preferred type counts, as for ssh"


def test_a_key_that_changed_is_told_from_one_of_another_type(
    with_three_keys: tuple[OwnServer, dict[str, str]], tmp_path: Path
) -> None:
    own, _ = with_three_keys
    with pytest.raises(Unreachable, match="its host key has CHANGED"):
        says_here(own, tmp_path, of_another_server(RSA))
    with pytest.raises(Unreachable, match="no host key of a type that known_hosts has for it; compare its keys"):
        says_here(own, tmp_path, of_another_server("ecdsa-sha2-nistp384"))

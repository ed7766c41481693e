"""A login that fails names its reason; a lost connection is opened again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest

from bot.rehearsal.target.loopback import free_port
from bot.rehearsal.target.ssh_server import SshServer, make_key
from bot.tools.ssh import connection
from bot.tools.ssh.login import Login, login
from bot.tools.ssh.shell import SshShell
from state.errors import Unreachable
from tests.bot.tools.helpers import shell_for


def refusal(shell: SshShell) -> str:
    """The message of a login that must fail."""
    with pytest.raises(Unreachable) as caught:
        shell.ask("box", "true", limit=2)
    assert str(caught.value).startswith("Host “box”: ")
    return str(caught.value)


def test_an_address_is_split_into_user_host_and_port() -> None:
    where = login("box", "deploy@[2001:db8::1]:2222", "key", "known")
    assert (where.user, where.host, where.port) == ("deploy", "2001:db8::1", 2222)


@pytest.mark.parametrize("address", ["127.0.0.1", "me@host", "@host:22", "me@:22", "me@host:ssh", "host:22", ""])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(Unreachable, match=r"The address of host “box” must have the form user@host:port\."):
        login("box", address, "key", "known")


def test_an_unknown_host_key_is_named(ssh: SshServer, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("")
    message = refusal(shell_for(ssh, known_hosts=str(tmp_path / "known_hosts")))
    assert "its host key is unknown; compare it, then add it to known_hosts" in message


def test_a_changed_host_key_is_named(ssh: SshServer, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other")
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{ssh.port} {other}\n")
    assert "its host key has CHANGED" in refusal(shell_for(ssh, known_hosts=str(tmp_path / "known_hosts")))


def test_known_hosts_that_cannot_be_read_are_named(ssh: SshServer, tmp_path: Path) -> None:
    message = refusal(shell_for(ssh, known_hosts=str(tmp_path / "none")))
    assert "the known_hosts file is not there; correct the path in the place's `known_hosts`" in message


def test_a_wrong_key_is_named(ssh: SshServer, tmp_path: Path) -> None:
    make_key(tmp_path / "wrong")
    assert "it refuses the key" in refusal(shell_for(ssh, key=str(tmp_path / "wrong")))


def test_a_missing_key_file_is_named(ssh: SshServer, tmp_path: Path) -> None:
    message = refusal(shell_for(ssh, key=str(tmp_path / "none")))
    assert "the private key's file is not there; correct the path in the place's `key`" in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("this is no key\n", "the private key's file holds no usable key; name one in OpenSSH's or PEM format in the"),
        ("ssh-ed25519 AAAA robin\n", "the file holds the public half of a key; name the private key in the place's"),
        (
            "PuTTY-User-Key-File-3: ssh-ed25519\n",
            "is in PuTTY's format; convert it: puttygen KEY.ppk -O private-openssh",
        ),
    ],
)
def test_a_file_that_is_no_key_is_named_as_what_it_is(ssh: SshServer, tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "text").write_text(content)
    assert says in refusal(shell_for(ssh, key=str(tmp_path / "text")))


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("~/.ssh/bot", "cannot be read: ~ is not replaced in a path; write it from / on in the place's `key`"),
        ("$HOME/.ssh/bot", "cannot be read: $ is not replaced in a path"),
        ("keys/none", "is not there: it counts from the folder in which gonogo starts; correct the path"),
        ("/", "is a folder; name the file in it in the place's `key`"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
            "the place's `key` holds the key itself; put the key into a file",
        ),
    ],
)
def test_a_path_that_leads_to_no_key_says_why_and_a_key_in_its_place_is_not_repeated(
    ssh: SshServer, path: str, says: str
) -> None:
    message = refusal(shell_for(ssh, key=path))
    assert says in message
    assert "AAAA" not in message


def test_the_variables_of_a_login_are_named() -> None:
    names = ["$SHOP_SSH", "$SHOP_KEY", "$SHOP_KNOWN"]
    with pytest.raises(
        Unreachable, match=r"The address of host “box” \(\$SHOP_SSH\) must have the form user@host:port"
    ):
        login("box", "host:22", "key", "known", names)
    where = login("box", "me@host:22", "key", "known", names)
    assert (where.key_at, where.known_hosts_at) == ("$SHOP_KEY", "$SHOP_KNOWN")


def test_a_port_on_which_nothing_listens_is_named(ssh: SshServer) -> None:
    message = refusal(shell_for(ssh, address=f"{ssh.user}@127.0.0.1:{free_port()}"))
    assert "nothing listens there, or a firewall refuses this machine; check that the SSH server is up" in message


def test_a_name_that_does_not_resolve_is_named(ssh: SshServer) -> None:
    assert "its name cannot be resolved" in refusal(shell_for(ssh, address=f"{ssh.user}@host.invalid:22"))


@pytest.fixture
def silent_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that accepts connections and sends nothing, and a short time limit."""
    monkeypatch.setattr("bot.tools.ssh.connection.CONNECT_LIMIT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_sends_nothing_is_named(ssh: SshServer, silent_port: int) -> None:
    message = refusal(shell_for(ssh, address=f"{ssh.user}@127.0.0.1:{silent_port}"))
    assert "it accepts the connection but sends nothing within 1 s; it hangs, or this is not an SSH server" in message


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (
            b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n",
            "something other than an SSH server answers there: “HTTP/",
        ),
        (
            b"Exceeded MaxStartups\r\n",
            "the SSH server takes no connection from here now, and says “Exceeded MaxStartups”",
        ),
        (b"Not allowed at this time\r\n", "takes no connection from here now, and says “Not allowed at this time”"),
        (b"\x00\x1b[31m\xff\n", "something other than an SSH server answers there: “[31m"),
        (
            b"",
            "it closes the connection and sends nothing; check that it is the SSH server and lets the bot in",
        ),
    ],
)
@pytest.mark.parametrize("waits", [True, False], ids=["after the client's first line", "at once"])
def test_a_server_that_is_no_ssh_server_is_named_with_its_first_words(
    ssh: SshServer, says: bytes, words: str, waits: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    accepted, _ = server.accept()
                    with accepted:
                        if waits:
                            accepted.recv(1000)
                        accepted.sendall(says)

        threading.Thread(target=answer, daemon=True).start()
        message = refusal(shell_for(ssh, address=f"{ssh.user}@127.0.0.1:{server.getsockname()[1]}"))
        server.shutdown(socket.SHUT_RDWR)
    assert words in message


def test_a_lost_connection_is_opened_again(ssh: SshServer) -> None:
    shell = shell_for(ssh)
    assert shell.ask("box", "echo first").tail == "first\n"
    shell.close()
    assert shell.ask("box", "echo second").tail == "second\n"
    shell.close()


def test_many_threads_share_one_connection(ssh: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Login] = []
    real = connection._connect

    def counted(where: Login) -> paramiko.SSHClient:
        opened.append(where)
        return real(where)

    monkeypatch.setattr(connection, "_connect", counted)
    shell = shell_for(ssh)
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(shell.ask("box", "echo here").tail)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["here\n"] * 4
    assert len(opened) == 1, "threads have opened connections of their own"
    shell.close()

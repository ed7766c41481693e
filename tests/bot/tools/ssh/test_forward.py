"""Reverse port forwards through a real SSH server: bytes come whole, halves end by themselves, and nothing is left behind."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import is_listening
from bot.rehearsal.target.ssh_server import SshServer, make_key
from bot.tools.ssh.forward import Forward
from bot.tools.ssh.shell import SshShell
from state.errors import Failed, Unreachable
from tests.bot.tools.proxy import Proxy
from tests.bot.tools.ssh.test_shell import eventually, shell_for

MANY = b"0123456789abcdef" * 320_000  # 5 MB


class Place:
    """A server on this machine, where forwards lead; `serve` is handed each connection in a thread, and they stay open until it closes."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(self._server.getsockname(), timeout=None)

    def close(self) -> None:
        """End it, with every connection."""
        self._server.close()
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._server.accept()
                self._open.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()


def digests(sock: socket.socket) -> None:
    """Read to the end, and only then answer with the checksum and as many bytes."""
    with sock:
        got = whole(sock)
        sock.sendall(hashlib.sha256(got).hexdigest().encode() + got)


def holds(sock: socket.socket) -> None:
    """Say one byte, and keep the connection, whatever the other side does."""
    sock.sendall(b"x")


def summary(word: bytes) -> Callable[[socket.socket], None]:
    """A service that says a word and ends."""

    def say(sock: socket.socket) -> None:
        with sock:
            sock.sendall(word)

    return say


def whole(sock: socket.socket) -> bytes:
    """Everything until the other side's end."""
    parts = []
    while data := sock.recv(65536):
        parts.append(data)
    return b"".join(parts)


def knock(forward: Forward) -> socket.socket:
    """A connection as the host makes it, which here is this machine."""
    return socket.create_connection(("127.0.0.1", forward.port), timeout=20)


def carrying() -> list[str]:
    """The threads that carry something."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("forward ")]


@pytest.fixture
def shell(ssh: SshServer) -> Iterator[SshShell]:
    """A shell that may log in; afterwards nothing is carried any more."""
    shell = shell_for(ssh)
    yield shell
    shell.close()
    assert eventually(lambda: carrying() == []), carrying()


At = Callable[[Callable[[socket.socket], None]], Place]


@pytest.fixture
def at() -> Iterator[At]:
    """Makes places, which are closed at the end."""
    made: list[Place] = []

    def make(serve: Callable[[socket.socket], None]) -> Place:
        made.append(Place(serve))
        return made[-1]

    yield make
    for place in made:
        place.close()


def test_bytes_come_whole_both_ways_and_the_end_of_one_half_leaves_the_other(shell: SshShell, at: At) -> None:
    forward = shell.connection("box").forward(at(digests).connect)
    with knock(forward) as sock:
        sock.sendall(MANY)
        sock.shutdown(socket.SHUT_WR)
        answer = whole(sock)
    assert answer[:64].decode() == hashlib.sha256(MANY).hexdigest()
    assert answer[64:] == MANY
    forward.close()


def test_the_end_of_the_servers_half_leaves_the_hosts(shell: SshShell, at: At) -> None:
    heard: list[bytes] = []

    def speaks_first(sock: socket.socket) -> None:
        sock.sendall(b"word")
        sock.shutdown(socket.SHUT_WR)
        heard.append(whole(sock))

    forward = shell.connection("box").forward(at(speaks_first).connect)
    with knock(forward) as sock:
        assert whole(sock) == b"word", "the end did not come through"
        sock.sendall(b"answer")
    assert eventually(lambda: heard == [b"answer"]), heard
    forward.close()


def test_two_forwards_of_one_host_lead_each_to_its_own_place_and_one_outlives_the_other(
    shell: SshShell, at: At
) -> None:
    places = [at(summary(word)) for word in (b"one", b"two")]
    first, second = (shell.connection("box").forward(place.connect) for place in places)
    with knock(first) as one, knock(second) as two:
        assert (whole(one), whole(two)) == (b"one", b"two")
    first.close()
    with knock(second) as two:
        assert whole(two) == b"two", "closing one forward closed the other"
    second.close()


def test_a_closed_forward_leaves_no_port_no_thread_and_no_open_connection(shell: SshShell, at: At) -> None:
    forward = shell.connection("box").forward(at(holds).connect)
    with knock(forward) as sock:
        assert sock.recv(1) == b"x"
        assert carrying(), "nothing is carried, so the test says nothing"
        forward.close()
        assert carrying() == []
        assert sock.recv(1) == b""
    assert eventually(lambda: not is_listening(forward.port)), "the host still listens at the port"
    assert shell.ask("box", "echo here").tail == "here\n", "the connection itself must stay"


def test_a_host_that_forwards_nothing_is_named_with_what_to_do(ssh: SshServer, tmp_path: Path) -> None:
    line = make_key(tmp_path / "key")
    allowed = ssh.host.keys / "authorized_keys"
    before = allowed.read_text()
    allowed.write_text(f"{before}no-port-forwarding {line}\n")
    try:
        shell = shell_for(ssh, key=str(tmp_path / "key"))
        with pytest.raises(Failed, match=r"host “box” forwards no port back to the bot \(AllowTcpForwarding"):
            shell.connection("box").forward(socket.socket)
        shell.close()
    finally:
        allowed.write_text(before)


def test_a_host_that_never_answers_is_given_up(ssh: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.tools.ssh.connection.CONNECT_LIMIT", 1.0)
    proxy = Proxy(ssh.port)
    known = ssh.known_hosts.with_name("known_through_proxy")
    known.write_text(ssh.known_hosts.read_text().replace(f":{ssh.port} ", f":{proxy.port} "))
    shell = shell_for(ssh, address=f"{ssh.user}@127.0.0.1:{proxy.port}", known_hosts=str(known))
    assert shell.ask("box", "true").code == 0
    proxy.silent.set()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        shell.connection("box").forward(socket.socket)
    assert time.monotonic() - began < 6
    shell.close()
    proxy.close()


def test_a_lost_connection_ends_what_goes_through_it_and_is_known(shell: SshShell, at: At) -> None:
    forward = shell.connection("box").forward(at(holds).connect)
    with knock(forward) as sock:
        assert sock.recv(1) == b"x"
        assert not forward.lost
        shell.close()
        assert sock.recv(1) == b""
    assert forward.lost
    assert eventually(lambda: carrying() == []), carrying()
    forward.close()


def test_where_nobody_listens_here_the_host_sees_its_connection_end(shell: SshShell, at: At) -> None:
    place = at(digests)
    place.close()
    forward = shell.connection("box").forward(place.connect)
    with knock(forward) as sock:
        assert sock.recv(1) == b""
    forward.close()


def test_a_reader_that_does_not_read_holds_the_writer_back(shell: SshShell, at: At) -> None:
    forward = shell.connection("box").forward(at(holds).connect)
    sent = 0
    with knock(forward) as sock:
        sock.settimeout(1.5)
        with contextlib.suppress(TimeoutError):
            while sent < 200_000_000:
                sent += sock.send(MANY)
    assert sent < 40_000_000, "what is on its way is kept in memory without bounds"
    forward.close()


def test_more_connections_than_are_carried_at_once_are_refused(
    shell: SshShell, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tools.ssh.forward.AT_ONCE", 2)
    forward = shell.connection("box").forward(at(holds).connect)
    socks = [knock(forward) for _ in range(3)]
    assert sorted(sock.recv(1) for sock in socks) == [b"", b"x", b"x"]
    for sock in socks:
        sock.close()
    forward.close()

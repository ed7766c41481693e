"""Port forwards through a real SSH server lose no byte and leave nothing behind."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import is_listening
from bot.rehearsal.target.ssh_server import SshServer, make_key
from bot.tools.ssh.forward import Forward
from bot.tools.ssh.shell import SshShell
from state.errors import Failed, Unreachable
from tests.bot.tools.helpers import eventually, forward_threads, shell_for
from tests.bot.tools.proxy import Proxy

PAYLOAD = b"0123456789abcdef" * 320_000  # 5 MB


class Target:
    """A server on this machine to which a forward leads. `serve` gets each connection in a thread of its own.

    The connections stay open until the target is closed.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._sockets: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def connect(self) -> socket.socket:
        """Connect to it."""
        return socket.create_connection(self._server.getsockname(), timeout=None)

    def close(self) -> None:
        """Stop it and close every connection."""
        self._server.close()
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._server.accept()
                self._sockets.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()


def echo_at_end(sock: socket.socket) -> None:
    """Read to the end, and only then answer with the checksum and the same bytes."""
    with sock:
        data = read_all(sock)
        sock.sendall(hashlib.sha256(data).hexdigest().encode() + data)


def send_one_byte(sock: socket.socket) -> None:
    """Send one byte and keep the connection open."""
    sock.sendall(b"x")


def send_word(word: bytes) -> Callable[[socket.socket], None]:
    """A service that sends a word and ends the connection."""

    def serve(sock: socket.socket) -> None:
        with sock:
            sock.sendall(word)

    return serve


def read_all(sock: socket.socket) -> bytes:
    """Everything until the other side's end."""
    parts = []
    while data := sock.recv(65536):
        parts.append(data)
    return b"".join(parts)


def connect(forward: Forward) -> socket.socket:
    """A connection through the forward, as the host makes it; the host is this machine."""
    return socket.create_connection(("127.0.0.1", forward.port), timeout=60)


@pytest.fixture
def shell(ssh: SshServer) -> Iterator[SshShell]:
    """A shell that can log in; afterwards no thread may carry a connection."""
    shell = shell_for(ssh)
    yield shell
    shell.close()
    assert eventually(lambda: forward_threads() == []), forward_threads()


StartTarget = Callable[[Callable[[socket.socket], None]], Target]


@pytest.fixture
def start_target() -> Iterator[StartTarget]:
    """Starts targets, which are closed at the end."""
    targets: list[Target] = []

    def start(serve: Callable[[socket.socket], None]) -> Target:
        targets.append(Target(serve))
        return targets[-1]

    yield start
    for target in targets:
        target.close()


def test_no_byte_is_lost_and_the_end_of_the_hosts_half_keeps_the_other_open(
    shell: SshShell, start_target: StartTarget
) -> None:
    forward = shell.connection("box").forward(start_target(echo_at_end).connect)
    with connect(forward) as sock:
        sock.sendall(PAYLOAD)
        sock.shutdown(socket.SHUT_WR)
        answer = read_all(sock)
    assert answer[:64].decode() == hashlib.sha256(PAYLOAD).hexdigest()
    assert answer[64:] == PAYLOAD
    forward.close()


def test_the_end_of_the_servers_half_keeps_the_hosts_open(shell: SshShell, start_target: StartTarget) -> None:
    received: list[bytes] = []

    def send_first(sock: socket.socket) -> None:
        sock.sendall(b"word")
        sock.shutdown(socket.SHUT_WR)
        received.append(read_all(sock))

    forward = shell.connection("box").forward(start_target(send_first).connect)
    with connect(forward) as sock:
        assert read_all(sock) == b"word", "the end did not come through"
        sock.sendall(b"answer")
    assert eventually(lambda: received == [b"answer"]), received
    forward.close()


def test_two_forwards_of_one_host_lead_to_different_targets_and_one_outlives_the_other(
    shell: SshShell, start_target: StartTarget
) -> None:
    targets = [start_target(send_word(word)) for word in (b"one", b"two")]
    first, second = (shell.connection("box").forward(target.connect) for target in targets)
    with connect(first) as one, connect(second) as two:
        assert (read_all(one), read_all(two)) == (b"one", b"two")
    first.close()
    with connect(second) as two:
        assert read_all(two) == b"two", "closing one forward closed the other"
    second.close()


def test_a_closed_forward_leaves_no_port_no_thread_and_no_open_connection(
    shell: SshShell, start_target: StartTarget
) -> None:
    forward = shell.connection("box").forward(start_target(send_one_byte).connect)
    with connect(forward) as sock:
        assert sock.recv(1) == b"x"
        assert forward_threads(), "no connection is carried, so this test proves nothing"
        forward.close()
        assert forward_threads() == []
        assert sock.recv(1) == b""
    assert eventually(lambda: not is_listening(forward.port)), "the host still listens at the port"
    assert shell.ask("box", "echo here").tail == "here\n", "the SSH connection itself must stay open"


def test_a_host_that_allows_no_forwarding_is_named_with_what_to_do(ssh: SshServer, tmp_path: Path) -> None:
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


def test_a_host_that_never_answers_the_request_for_a_port_is_unreachable(
    ssh: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tools.ssh.connection.CONNECT_LIMIT", 1.0)
    proxy = Proxy(ssh.port)
    known = ssh.known_hosts.with_name("known_through_proxy")
    known.write_text(ssh.known_hosts.read_text().replace(f":{ssh.port} ", f":{proxy.port} "))
    shell = shell_for(ssh, address=f"{ssh.user}@127.0.0.1:{proxy.port}", known_hosts=str(known))
    assert shell.ask("box", "true").code == 0
    proxy.silent.set()
    # without a limit of its own, this would wait until the test's time limit
    with pytest.raises(Unreachable):
        shell.connection("box").forward(socket.socket)
    shell.close()
    proxy.close()


def test_a_lost_connection_ends_everything_through_it_and_is_reported(
    shell: SshShell, start_target: StartTarget
) -> None:
    forward = shell.connection("box").forward(start_target(send_one_byte).connect)
    with connect(forward) as sock:
        assert sock.recv(1) == b"x"
        assert not forward.lost
        shell.close()
        assert sock.recv(1) == b""
    assert forward.lost
    assert eventually(lambda: forward_threads() == []), forward_threads()
    forward.close()


def test_if_nothing_listens_here_the_host_sees_its_connection_end(shell: SshShell, start_target: StartTarget) -> None:
    target = start_target(echo_at_end)
    target.close()
    forward = shell.connection("box").forward(target.connect)
    with connect(forward) as sock:
        assert sock.recv(1) == b""
    forward.close()


def test_a_reader_that_does_not_read_blocks_the_writer(shell: SshShell, start_target: StartTarget) -> None:
    forward = shell.connection("box").forward(start_target(send_one_byte).connect)
    sent = 0
    with connect(forward) as sock:
        sock.settimeout(1.5)
        with contextlib.suppress(TimeoutError):
            while sent < 200_000_000:
                sent += sock.send(PAYLOAD)
    assert sent < 40_000_000, "the data in transit is kept in memory without a bound"
    forward.close()


def test_connections_over_the_maximum_are_refused(
    shell: SshShell, start_target: StartTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.tools.ssh.forward.MAX_CONNECTIONS", 2)
    forward = shell.connection("box").forward(start_target(send_one_byte).connect)
    socks = [connect(forward) for _ in range(3)]
    assert sorted(sock.recv(1) for sock in socks) == [b"", b"x", b"x"]
    for sock in socks:
        sock.close()
    forward.close()

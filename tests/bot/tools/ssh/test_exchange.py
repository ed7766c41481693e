"""A host that chatters, floods or does not listen stretches no limit and fills no memory."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.ssh import connection
from bot.tools.ssh.exchange import MAX_ERRORS
from bot.tools.ssh.job_protocol import Program
from bot.tools.ssh.marked_stream import KEPT
from bot.tools.ssh.shell import SshShell
from commands.ports.page_text import PageText
from commands.ports.shell import TAIL, Job
from state.errors import Failed, Unreachable
from tests.bot.tools.helpers import SECRET, shell_for

CHATTER = "while :; do printf x >&{}; sleep 0.05; done"
FLOOD = "yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx >&{}"


@pytest.fixture
def shell(ssh: SshServer) -> SshShell:
    """A shell whose host `box` is the server."""
    return shell_for(ssh)


@pytest.mark.parametrize(
    "command",
    [
        CHATTER.format(1),
        CHATTER.format(2),
        f"exec 1>&-; {CHATTER.format(2)}",
        FLOOD.format(1),
        FLOOD.format(2),
        "sleep 60",
        "exec 1>&-; sleep 60",
    ],
)
def test_a_command_ends_at_its_limit_however_the_host_answers(shell: SshShell, command: str) -> None:
    began = time.monotonic()
    with pytest.raises(Failed, match=r"Host “box” did not answer within 1 s(: “[x ]+”)?\."):
        shell._ask("box", Program(command=command, sent=b"", mark="none"), limit=1)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("banner", [b"x", b"x\r\n", b"SSH-2.0-x\r\n", b"\0"])
def test_a_host_that_chatters_instead_of_letting_in_ends_at_the_limit(
    ssh: SshServer, banner: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_LIMIT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def chatter() -> None:
            with suppress(OSError):
                accepted, _ = listening.accept()
                with accepted:
                    while True:
                        accepted.sendall(banner)
                        time.sleep(0.1)

        chattering = threading.Thread(target=chatter, daemon=True)
        chattering.start()
        shell = shell_for(ssh, address=f"me@127.0.0.1:{listening.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(Unreachable):
            shell.ask("box", "true")
        assert time.monotonic() - began < 10
        chattering.join(60)


def test_a_host_that_does_not_take_the_input_ends_at_the_limit(shell: SshShell) -> None:
    began = time.monotonic()
    with pytest.raises(Failed, match=r"did not answer within 1 s"):
        shell._ask("box", Program(command="sleep 60", sent=b"x" * 20_000_000, mark="none"), limit=1)
    assert time.monotonic() - began < 15


def test_a_job_that_chatters_ends_at_its_limit(shell: SshShell) -> None:
    job = Job(key="chatters/step/1", script=CHATTER.format(1), limit=1)
    began = time.monotonic()
    with pytest.raises(Failed, match="It ran over its limit of 1 s and was killed"):
        shell.run("box", job, stop=threading.Event())
    assert time.monotonic() - began < 15


def test_what_is_kept_of_a_flood_is_bounded_before_the_program_in_it_and_beside_it(shell: SshShell) -> None:
    flood = "head -c 3000000 /dev/zero | tr '\\0' x"
    own = f"echo gonogo:m:begin; {flood}; echo gonogo:m:finished 7"
    command = f"{flood} >&2; {flood}; {own}; echo gonogo:m:finished 8; {flood} >&2"
    output = shell._ask("box", Program(command=command, sent=b"", mark="m"), limit=60)
    assert output.status == ("finished", 7)
    assert len(output.tail) <= 3 * TAIL
    assert output.size == 3_000_000
    assert len(output.greeting) == KEPT < 100_000
    assert len(output.errors) == MAX_ERRORS < 100_000


def test_a_secret_that_is_cut_at_the_start_of_what_is_kept_is_masked(shell: SshShell) -> None:
    half = len(SECRET) // 2
    script = f"head -c 1000 /dev/zero | tr '\\0' x; printf %s \"$S\"; head -c {TAIL - half} /dev/zero | tr '\\0' y"
    tail = shell.ask("box", script, env={"S": PageText("$SECRET")}).tail
    assert tail[:8] == "•••yyyyy"
    assert SECRET[half:] not in tail

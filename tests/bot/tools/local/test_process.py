"""A local program is spoken to like one over SSH, and a close ends every wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.tools.local.process import LocalChannel
from tests.bot.tools.helpers import eventually

MEGABYTES = b"x" * 5_000_000


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[LocalChannel]:
    channel = LocalChannel({"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    channel.settimeout(30)
    yield channel
    channel.close()


def test_input_output_errors_and_exit_code_come_through(channel: LocalChannel, tmp_path: Path) -> None:
    channel.exec_command("bash -c 'pwd; cat >&2; exit 7'")
    channel.sendall(b"words")
    channel.shutdown_write()
    assert channel.recv(100) == f"{tmp_path}\n".encode()
    assert channel.recv_stderr(100) == b"words"
    assert (channel.recv(100), channel.recv_stderr(100)) == (b"", b"")
    assert eventually(channel.exit_status_ready)
    assert channel.exit_status == 7


def test_more_input_than_a_pipe_holds_arrives_whole(channel: LocalChannel) -> None:
    channel.exec_command("bash -c 'sleep 0.3; wc -c'")
    channel.sendall(MEGABYTES)
    channel.shutdown_write()
    assert int(channel.recv(100)) == len(MEGABYTES)


def test_a_close_ends_a_write_that_nobody_reads(channel: LocalChannel) -> None:
    channel.exec_command("sleep 30")
    threading.Timer(0.3, channel.close).start()
    with pytest.raises(OSError, match="it is closed"):
        channel.sendall(MEGABYTES)


def test_a_program_that_ended_takes_no_input_and_its_output_is_still_there(channel: LocalChannel) -> None:
    channel.exec_command("echo last")
    with pytest.raises(BrokenPipeError):
        channel.sendall(MEGABYTES)
    assert channel.recv(100) == b"last\n"


def test_a_wait_for_output_has_a_limit(channel: LocalChannel) -> None:
    channel.exec_command("sleep 30")
    channel.settimeout(0.05)
    assert not channel.recv_stderr_ready()
    for receive in (channel.recv, channel.recv_stderr):
        with pytest.raises(TimeoutError):
            receive(1)


def test_a_program_that_a_signal_ended_has_no_exit_code(channel: LocalChannel) -> None:
    channel.exec_command("bash -c 'kill -KILL $$'")
    assert eventually(channel.exit_status_ready)
    assert channel.exit_status == -1


def test_a_program_that_is_not_there_is_an_error(channel: LocalChannel) -> None:
    with pytest.raises(FileNotFoundError):
        channel.exec_command("no-such-program")
    with pytest.raises(OSError, match="it is closed"):
        channel.recv(1)


def test_no_open_file_of_the_bot_is_inherited(channel: LocalChannel, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as file:
        file.write("x")
        channel.exec_command("bash -c 'ls -l /proc/$$/fd'")
        listed = b""
        while data := channel.recv(1000):
            listed += data
    assert b"secret" not in listed


def test_a_closed_channel_leaves_the_program_to_its_own_end(channel: LocalChannel, tmp_path: Path) -> None:
    channel.exec_command(f"bash -c 'sleep 0.5; touch {tmp_path}/done'")
    channel.close()
    channel.close()
    assert eventually((tmp_path / "done").exists)
    time.sleep(0.1)
    assert eventually(channel.exit_status_ready), "the program is left as a zombie"

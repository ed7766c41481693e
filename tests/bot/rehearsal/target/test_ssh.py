"""Both SSH servers behave alike: output, exit status, input, and nothing lost when a command ends at once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.box import PLAIN_PATH, Box
from bot.rehearsal.target.ssh import Ssh


@pytest.fixture(params=[True, False], ids=["openssh", "asyncssh"])
def ssh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ssh]:
    if request.param and shutil.which("sshd", path=f"{PLAIN_PATH}:/usr/sbin") is None:
        pytest.skip("this machine has no sshd")
    box = Box(tmp_path, tmp_path)
    for folder in (box.home, box.keys, box.logs):
        folder.mkdir()
    server = Ssh(box, openssh=request.param)
    server.start()
    yield server
    box.end_all()


def run(ssh: Ssh, command: str, typed: str = "") -> tuple[int, str, str]:
    words = ["-F", "none", "-o", f"UserKnownHostsFile={ssh.known_hosts}", "-o", "BatchMode=yes", "-i", str(ssh.key)]
    done = subprocess.run(
        ["ssh", *words, "-p", str(ssh.port), f"{ssh.user}@127.0.0.1", command],
        input=typed, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_output_input_and_status_come_through(ssh: Ssh) -> None:
    assert run(ssh, "cat; echo wrong >&2; exit 3", "typed\n") == (3, "typed\n", "wrong\n")


def test_a_command_that_ends_at_once_loses_nothing(ssh: Ssh) -> None:
    assert {run(ssh, "exit 9")[0] for _ in range(8)} == {9}


def test_a_long_answer_is_whole(ssh: Ssh) -> None:
    assert len(run(ssh, "head -c 3000000 /dev/zero | tr '\\0' x")[1]) == 3_000_000

"""The box: a port is given to one alone, and looking for its processes bears that one of them ends meanwhile."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bot.rehearsal.target.box import Box, free_port, listens

TAKE = """
import sys
from bot.rehearsal.target.box import free_port
print(*(free_port() for _ in range(400)), flush=True)
sys.stdin.read()
"""


def test_ports_that_were_given_are_nobody_elses_until_their_server_takes_them() -> None:
    words = [sys.executable, "-c", TAKE]
    takers = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    given = [int(port) for taker in takers if taker.stdout for port in taker.stdout.readline().split()]
    assert len(given) == 800
    assert len(set(given)) == 800, "a port was given twice"
    with socket.create_server(("127.0.0.1", given[0])):
        assert listens(given[0]), "a server cannot take the port that was given for it"
    for taker in takers:
        taker.communicate()


def test_nobody_listens_on_a_port_that_was_given() -> None:
    assert not listens(free_port())


def test_a_process_of_the_box_that_ends_while_it_is_looked_at_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.Popen(["sleep", "60"])
    seen = psutil.Process(ended.pid)
    seen.create_time()
    ended.kill()
    ended.wait()
    (tmp_path / "pids").write_text(f"{seen.pid} {seen.create_time()}\n")
    monkeypatch.setattr(psutil, "process_iter", lambda: iter([seen]))
    assert Box(tmp_path, tmp_path).processes() == []

"""Ports and servers on loopback: nobody else gets a reserved port, and a server is waited for."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from bot.rehearsal.target.host import TargetError
from bot.rehearsal.target.loopback import answers_http, free_port, is_listening, wait_until

RESERVE = """
import sys
from bot.rehearsal.target.loopback import free_port
print(*(free_port() for _ in range(400)), flush=True)
sys.stdin.read()
"""


def test_a_reserved_port_belongs_to_one_process_until_its_server_binds_it() -> None:
    command = [sys.executable, "-c", RESERVE]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    ports = [int(port) for process in processes if process.stdout for port in process.stdout.readline().split()]
    assert len(ports) == 800
    assert len(set(ports)) == 800, "a port was reserved twice"
    with socket.create_server(("127.0.0.1", ports[0])):
        assert is_listening(ports[0]), "a server could not bind the port that was reserved for it"
    for process in processes:
        process.communicate()


def test_nobody_listens_on_a_reserved_port() -> None:
    assert not is_listening(free_port())


def test_any_status_is_an_answer_and_a_closed_port_is_none(site: str) -> None:
    assert answers_http(site), "a 404 is an answer too"
    assert not answers_http(f"http://127.0.0.1:{free_port()}")


def test_waiting_in_vain_names_what_did_not_come_and_the_seconds() -> None:
    with pytest.raises(TargetError, match=r"The API was not ready within 0 s\."):
        wait_until(lambda: False, "The API", seconds=0)

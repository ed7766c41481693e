"""A resolver that never answers outlasts no tool's limit, and is asked once for a name."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from bot.rehearsal.target.ssh_server import SshServer
from bot.tools.names import addresses_of
from bot.tools.places import DatabasePlace, WebPlace
from bot.tools.postgres import database
from bot.tools.postgres.connect import connect
from bot.tools.postgres.database import PostgresDatabase
from bot.tools.secrets import Redactor
from bot.tools.ssh import connection
from bot.tools.web import HttpWeb
from commands.ports.web import HttpRequest
from state.errors import Down, Unreachable
from tests.bot.tools.helpers import shell_for

HANGS = 60.0  # seconds for which the resolver hangs, unless the test is over before


class Resolver:
    """A resolver that answers nobody until it is told to."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.back = threading.Event()
        self._real = socket.getaddrinfo

    def __call__(self, host: str, *args: Any, **more: Any) -> object:
        if not host.endswith(".example"):
            return self._real(host, *args, **more)
        self.asked[host] += 1
        self.back.wait(HANGS)
        return self._real("127.0.0.1", None, type=socket.SOCK_STREAM)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """It hangs in place of the system's."""
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver
    resolver.back.set()
    for thread in threading.enumerate():
        if thread.name == "look up a name":
            thread.join()


def test_a_web_check_ends_at_its_limit_and_does_not_say_that_the_service_is_down(resolver: Resolver) -> None:
    web, began = HttpWeb({"api": WebPlace(url="https://api.example")}, {}, Redactor([])), time.monotonic()
    with pytest.raises(Unreachable) as caught:
        web.request("api", HttpRequest(path="/", limit=0.5))
    assert time.monotonic() - began < HANGS / 2
    assert not isinstance(caught.value, Down)
    assert (
        str(caught.value)
        == "“api” cannot be reached: its name cannot be resolved here; check the address and the bot's DNS."
    )
    web.close()


def test_a_command_on_a_host_ends_at_the_limit_for_its_connection(
    ssh: SshServer, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_LIMIT", 0.5)
    shell, began = shell_for(ssh, address="me@host.example:22"), time.monotonic()
    with pytest.raises(Unreachable, match=r"the look-up of its name got no answer; check the bot's DNS\."):
        shell.ask("box", "true")
    assert time.monotonic() - began < HANGS / 2
    shell.close()


def test_a_query_ends_at_the_limit_for_its_connection(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECT_LIMIT", 1)
    place = DatabasePlace(url="postgresql://me@db.example,db2.example/shop")
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"“db” cannot be reached: the look-up of host 'db2\.example' got no answer"):
        PostgresDatabase({"db": place}, {}, Redactor([])).query("db", "SELECT 1")
    assert time.monotonic() - began < HANGS / 2
    assert resolver.asked == {"db.example": 1, "db2.example": 1}


def test_each_name_has_one_look_up_at_a_time_and_everybody_gets_its_late_answer(resolver: Resolver) -> None:
    for _ in range(20):
        with pytest.raises(socket.gaierror):
            addresses_of("a.example", 0)
    assert resolver.asked["a.example"] == 1
    resolver.back.set()
    assert addresses_of("a.example", HANGS) == ["127.0.0.1"]
    assert addresses_of("a.example", HANGS) == ["127.0.0.1"]
    assert resolver.asked["a.example"] in {2, 3}


def test_an_address_is_not_looked_up(resolver: Resolver) -> None:
    assert (addresses_of("10.0.0.1", 0), addresses_of("::1", 0)) == (["10.0.0.1"], ["::1"])
    assert not resolver.asked


def test_a_name_that_does_not_exist_is_said_at_once() -> None:
    with pytest.raises(
        psycopg.OperationalError, match=r"the bot's machine finds no host 'db\.invalid' \(.+\); give an"
    ):
        connect("postgresql://me:x@db.invalid/shop", {}, "test", 5)

"""A database on another machine without encryption is a warning of the doctor."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doctor import databases
from bot.doctor.databases import TODO, Wire, check_databases, weakness, wire_to
from bot.rehearsal.target.postgres import OWNER, Postgres
from bot.settings import Settings
from tests.pages import small

WITH_DATABASE = small(**{"[webs.api]": '[databases.production]\nurl = "$SHOP_DB"\n\n[webs.api]'})


@pytest.mark.parametrize(
    ("sslmode", "encrypted", "words"),
    [
        ("disable", False, "it is on another machine, and the connection is not encrypted"),
        ("prefer", False, "it is on another machine, and the connection is not encrypted"),
        ("prefer", True, "sslmode is prefer: somebody in between can switch the encryption off"),
        ("allow", True, "sslmode is allow: somebody in between can switch the encryption off"),
        ("require", True, ""),
        ("verify-full", True, ""),
    ],
)
def test_a_connection_to_another_machine_must_be_encrypted(sslmode: str, encrypted: bool, words: str) -> None:
    assert weakness(Wire(sslmode=sslmode, encrypted=encrypted, to_another_machine=True)) == words
    assert weakness(Wire(sslmode=sslmode, encrypted=encrypted, to_another_machine=False)) == ""


def lines(url: str) -> list[str]:
    settings = Settings(runbook=Path(), state=Path(), environ={"SHOP_DB": url})
    return [str(line) for line in check_databases(settings, WITH_DATABASE)]


def test_a_database_on_this_machine_has_no_line(postgres: Postgres) -> None:
    url = postgres.url(OWNER)
    assert wire_to(url) == Wire(sslmode="prefer", encrypted=False, to_another_machine=False)
    assert lines(url) == []


def test_the_mode_is_that_of_libpq_also_from_its_own_variable(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.url(OWNER)
    assert wire_to(f"{url}{'&' if '?' in url else '?'}sslmode=disable").sslmode == "disable"
    monkeypatch.setenv("PGSSLMODE", "allow")
    assert wire_to(url).sslmode == "allow"


def test_a_database_on_another_machine_has_a_line_without_its_address(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_leaves_this_machine", lambda sock: True)
    assert lines(postgres.url(OWNER)) == [
        f"warn  database production: it is on another machine, and the connection is not encrypted: {TODO}"
    ]


@pytest.mark.parametrize("url", ["", "postgresql://a:b@127.0.0.1:1/c", "mysql://x", "postgresql://[bad"])
def test_a_database_that_cannot_be_reached_has_its_line_elsewhere(url: str) -> None:
    assert lines(url) == []


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A connection to a server on an address of this machine."""
    with socket.create_server((request.param, 0)) as server, socket.create_connection(server.getsockname()) as made:
        yield made


@pytest.mark.parametrize("pair", ["127.0.0.1", "127.9.9.9", socket.gethostbyname("localhost")], indirect=True)
def test_loopback_is_this_machine(pair: socket.socket) -> None:
    assert not databases._leaves_this_machine(pair)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("fe80::1%eth0", False)],
)
def test_addresses_of_loopback_are_known_in_each_form(address: str, loopback: bool) -> None:
    assert databases._is_loopback(address) is loopback


def test_a_unix_socket_is_this_machine() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert not databases._leaves_this_machine(one)

"""What systemd hears of the bot: that it serves, lives and stops."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.service_manager import ServiceManager


class Listener:
    """The socket on which systemd listens."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        words = []
        while True:
            try:
                words.append(self._socket.recv(1000).decode())
            except BlockingIOError:
                return words

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["in a folder", "in none"])
def listening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Listener, dict[str, str]]]:
    """The socket, and the environment that names it."""
    name = str(tmp_path / "s") if request.param == "in a folder" else f"\0gonogo-{os.getpid()}"
    listener = Listener(name)
    yield listener, {"NOTIFY_SOCKET": name.replace("\0", "@")}
    listener.close()


def test_the_words_arrive(listening: tuple[Listener, dict[str, str]]) -> None:
    listener, environ = listening
    manager = ServiceManager({**environ, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())})
    manager.serves()
    manager.lives()
    manager.stops()
    assert listener.heard() == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_signs_of_life_are_as_rare_as_the_watchdog_allows(
    listening: tuple[Listener, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, environ = listening
    manager = ServiceManager({**environ, "WATCHDOG_USEC": "8000000"})
    for moment in (100.0, 101.9, 102.0, 103.0, 104.5):
        monkeypatch.setattr("bot.service_manager.time.monotonic", partial(float, moment))
        manager.lives()
    assert listener.heard() == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize("watchdog", [{}, {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "x"}])
def test_no_sign_of_life_is_sent_where_no_watchdog_waits_for_this_process(
    listening: tuple[Listener, dict[str, str]], watchdog: dict[str, str]
) -> None:
    listener, environ = listening
    manager = ServiceManager(environ | watchdog)
    manager.lives()
    manager.serves()
    assert listener.heard() == ["READY=1"]


@pytest.mark.parametrize("where", [None, "", "/nowhere/notify"])
def test_a_bot_that_nobody_listens_to_goes_on(where: str | None) -> None:
    manager = ServiceManager({} if where is None else {"NOTIFY_SOCKET": where, "WATCHDOG_USEC": "30000000"})
    manager.serves()
    manager.lives()
    manager.stops()

"""Tells systemd that the bot serves, lives and stops, where a unit of `Type=notify` started it."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping

LOG = logging.getLogger("gonogo")
LIMIT = 1.0  # seconds in which systemd must take a word
WORDS_PER_TIMEOUT = 4  # signs of life within the time after which systemd restarts a silent bot


class ServiceManager:
    """Whoever started the bot and wants to hear of it; nobody, outside such a unit. Source: sd_notify(3).

    No method raises: a run under way does not end because systemd does not listen.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._interval = _watchdog_timeout(environ) / WORDS_PER_TIMEOUT  # seconds; 0 where no watchdog waits
        self._said_at = float("-inf")

    def serves(self) -> None:
        """The bot serves now: the unit is active."""
        self._tell("READY=1")

    def lives(self) -> None:
        """The bot is well now. To be called often; a word is sent as rarely as the watchdog allows."""
        if self._interval and time.monotonic() - self._said_at >= self._interval:
            self._said_at = time.monotonic()
            self._tell("WATCHDOG=1")

    def stops(self) -> None:
        """The bot leaves in order."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        # a name that begins with @ is in no folder
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
                sending.settimeout(LIMIT)
                sending.sendto(state.encode(), address)
        except OSError as error:
            LOG.warning("systemd was not told %s: %s", state, error.strerror or type(error).__name__)


def _watchdog_timeout(environ: Mapping[str, str]) -> float:
    """The seconds after which systemd takes this process for dead; 0 without a watchdog, or with another process's."""
    microseconds, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    mine = process in {"", str(os.getpid())}
    return int(microseconds) / 1_000_000 if mine and microseconds.isdecimal() else 0.0

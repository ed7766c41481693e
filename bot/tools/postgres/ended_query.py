"""Asks a query again that the server ended for a reason of its own, as a standby does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from state.errors import Unreachable

Answer = TypeVar("Answer")

TRIES = 3
LOST_TRIES = 2
PAUSE = 1.0  # seconds between two tries
# a standby that must go on with its recovery (also where that locks itself out), and a server that stops or fails over
_OWN_REASONS = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "57P04"})


class QueryEnded(Unreachable):
    """The server ended a query, or the connection under it, for a reason of its own; it may be asked `tries` times."""

    def __init__(self, message: str, tries: int = TRIES) -> None:
        super().__init__(message)
        self.tries = tries


def tries_of(error: psycopg.Error) -> int:
    """How often a query may be asked that ended so. Where the server may have crashed, the query may be the reason."""
    return LOST_TRIES if error.sqlstate in (None, "57P02") else TRIES


def is_ended(error: psycopg.Error) -> bool:
    """Whether the server ended what it was asked without finding anything wrong with it."""
    lost = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    return lost or error.sqlstate in _OWN_REASONS


def asked_again(ask: Callable[[], Answer]) -> Answer:
    """The answer of a query that only reads. Raises QueryEnded where the server has ended each try."""
    asked = 0
    while True:
        try:
            return ask()
        except QueryEnded as error:
            asked += 1
            if asked >= error.tries:
                raise
        time.sleep(PAUSE)

"""Asks a query again that the server ended for a reason of its own, as a standby does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from state.errors import Unreachable

Answer = TypeVar("Answer")

TRIES = 3
PAUSE = 1.0  # seconds between two tries
# a standby that must go on with its recovery (also where that locks itself out), and a server that stops or fails over
_OWN_REASONS = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "57P04"})


class QueryEnded(Unreachable):
    """The server ended a query, or the connection under it, for a reason of its own."""


def is_ended(error: psycopg.Error) -> bool:
    """Whether the server ended what it was asked without finding anything wrong with it."""
    lost = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    return lost or error.sqlstate in _OWN_REASONS


def asked_again(ask: Callable[[], Answer]) -> Answer:
    """The answer of a query that only reads. Raises QueryEnded where the server has ended each try."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except QueryEnded:
            time.sleep(PAUSE)
    return ask()

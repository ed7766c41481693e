"""Freezes and locks of a target that people set and lift: append-only, beside the runs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from state.facts import Actor
from state.frozen import dataclass


class FreezeSort(StrEnum):
    """What somebody did: freeze a target, lock it for themselves, or lift one of these."""

    FREEZE = "freeze"
    LOCK = "lock"
    LIFT = "lift"


@dataclass(frozen=True, kw_only=True)
class KeptFreeze:
    """A freeze or a lock of a target, by its owner; or that one was lifted.

    `number` counts them in the record from 1, and `lifts` is the number of the one that was lifted. `ends` is when it
    ends by itself. Times are in UTC.
    """

    sort: FreezeSort
    target: str
    by: Actor
    at: datetime
    ends: datetime
    reason: str
    lifts: int = 0
    number: int = 0

"""Drills whose places are gone: for good, or for this bot alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from commands.runbook import Page
from state.frozen import dataclass

PATIENCE = 15.0  # seconds in which the bot that has a drill's places may take it up


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Why a drill's places are gone, as a clause. With `elsewhere` another bot may still have them."""

    why: str
    elsewhere: bool = False


def nothing_lost(_: Page) -> Lost | None:
    """For a bot whose runs all have places of their own."""
    return None


class LostPlaces:
    """What one bot knows of them; `lost` looks whether the places of a page are there now.

    A bot that ended a drill because it does not see the places would take it from the bot beside which they are.
    """

    def __init__(self, lost: Callable[[Page], Lost | None]) -> None:
        self._lost = lost
        self._missed: dict[int, float] = {}  # by run, since when nobody carries it out and its places are not here

    def why(self, page: Page) -> str:
        """Why its places are gone, or not here; "" if they are there, and for a page with places of its own."""
        lost = self._lost(page)
        return lost.why if lost else ""

    def is_for_another(self, run: int, page: Page) -> bool:
        """Whether a drill that nobody carries out is left to the bot that may have its places."""
        lost = self._lost(page)
        if lost is None or not lost.elsewhere:
            self._missed.pop(run, None)
            return False
        return time.monotonic() - self._missed.setdefault(run, time.monotonic()) < PATIENCE

    def forget_all_but(self, runs: set[int]) -> None:
        """Only these runs are still waited for."""
        self._missed = {run: since for run, since in self._missed.items() if run in runs}

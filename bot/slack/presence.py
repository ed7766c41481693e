"""What other threads may ask about the part that serves Slack; it imports no slow library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from datetime import timedelta

IsOpen = Callable[[], Awaitable[bool]]
POSTED_FOR = timedelta(days=1)  # a run that ended longer ago is not posted any more
SILENT = 30.0  # seconds for which the poster may not come round; it does so several times a second


class Presence:
    """Kept true by the event loop that serves Slack. `limited` counts the answers with status 429."""

    def __init__(self) -> None:
        self.limited = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_open: IsOpen | None = None
        self._posted_at = time.monotonic()

    def begin(self) -> None:
        """From now on this event loop is asked."""
        self._loop = asyncio.get_running_loop()

    def posts(self) -> None:
        """The poster has come round: every run that this bot posts has its task."""
        self._posted_at = time.monotonic()

    @contextmanager
    def open_while(self, is_open: IsOpen) -> Iterator[None]:
        """Inside the block there is a way to Slack, which says whether it is open."""
        self._is_open = is_open
        try:
            yield
        finally:
            self._is_open = None

    def hears(self, seconds: float) -> bool | None:
        """Whether commands and presses are heard now, and runs posted. None if the loop does not say within `seconds`.

        Called from another thread. The loop itself is asked, so that no old answer passes for a new one.
        """
        loop = self._loop
        if loop is None or not loop.is_running():
            return None
        question = self._hears()
        try:
            answer = asyncio.run_coroutine_threadsafe(question, loop)
        except RuntimeError:  # it was closed just now
            question.close()
            return None
        try:
            return answer.result(seconds)
        except (TimeoutError, CancelledError):
            answer.cancel()
            return None
        except Exception:  # the loop answers, and there is no way to Slack
            return False

    async def _hears(self) -> bool:
        is_open = self._is_open
        return is_open is not None and await is_open() and time.monotonic() - self._posted_at < SILENT

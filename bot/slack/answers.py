"""Slack's answers to one kind of question, kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from slack_sdk.errors import SlackApiError

from bot.slack.api_error import limited_for, said_by, status_and_name
from commands.text.phrases import capitalized

KEPT = 60.0  # seconds for which an answer counts where it need not be fresh
MOST = 5_000  # answers kept; the oldest goes first

_LIMITED = ("Slack answers ratelimited", "ratelimited")

T = TypeVar("T")


class NotAnswered(Exception):
    """Slack gave no usable answer. The message says why; `name` is Slack's error, "" where Slack is unreachable."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class _Kept(Generic[T]):
    """One answer, when it was asked for, and who is asking now."""

    def __init__(self) -> None:
        self.value: T | None = None
        self.asked_at = -KEPT
        self.failed_at = -KEPT
        self.failure: tuple[str, str] = ("", "")
        self.asking = asyncio.Lock()


class Answers(Generic[T]):
    """The answers to one question, by its key, like the members of each channel. All times are monotonic seconds."""

    def __init__(self, ask: Callable[[str], Awaitable[T]]) -> None:
        self._ask = ask
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()
        self._quiet_until = 0.0

    def known(self, key: str) -> T | None:
        """The last answer, however old; None if there is none yet."""
        kept = self._kept.get(key)
        return kept.value if kept else None

    def age(self, key: str) -> float:
        """How old the last answer is, in seconds; infinite if there is none."""
        kept = self._kept.get(key)
        return time.monotonic() - kept.asked_at if kept and kept.value is not None else float("inf")

    async def fresh(self, key: str) -> T:
        """The answer to a question that is asked after this call. Raises NotAnswered.

        Many who ask at once share two calls: the one under way, whose answer may be too old, and the next.
        """
        arrived, kept = time.monotonic(), self._entry(key)
        async with kept.asking:
            if kept.value is not None and kept.asked_at > arrived:
                return kept.value
            if kept.failed_at > arrived:
                raise NotAnswered(*kept.failure)
            return await self._asked(key, kept)

    async def _asked(self, key: str, kept: _Kept[T]) -> T:
        began = time.monotonic()
        if began < self._quiet_until:
            raise NotAnswered(*_LIMITED)
        try:
            kept.value = await self._ask(key)
        except Exception as error:  # whatever it is, Slack has not answered
            kept.failed_at, kept.failure = began, self._reason(error)
            raise NotAnswered(*kept.failure) from error
        kept.asked_at = began
        return kept.value

    def _reason(self, error: Exception) -> tuple[str, str]:
        """Why there is no answer, with Slack's error. After a 429 nothing is asked for as long as Slack says."""
        if isinstance(error, NotAnswered):
            return str(error), error.name
        if not isinstance(error, SlackApiError):
            return f"Slack is unreachable ({type(error).__name__})", ""
        if wait := limited_for(error):
            self._quiet_until = time.monotonic() + min(wait, KEPT)
            return _LIMITED
        name = status_and_name(error)[1]
        return f"Slack answers {name}" if name else capitalized(said_by(error)), name

    def _entry(self, key: str) -> _Kept[T]:
        kept = self._kept.setdefault(key, _Kept())
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept

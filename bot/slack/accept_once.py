"""A signed HTTP request is accepted once: a repetition gets the first one's answer."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from state.frozen import dataclass

# Slack's signatures are valid for 5 minutes around the bot's clock, so one that is dated ahead can come back for 10
REMEMBERED = 11 * 60.0  # seconds
MOST = 20_000  # requests; only Slack can sign one, and so many in 11 minutes are 30 in every second

FAILED = 400  # the lowest status of an answer that has not acted

Answer = tuple[int, dict[str, str], str]  # status, headers, body


@dataclass(frozen=True)
class _Accepted:
    at: float
    answer: asyncio.Future[Answer | None]  # None of one that failed


class AcceptOnce:
    """The bodies of signed requests that were accepted, by their hash, for as long as their signatures are valid.

    Slack signs each body with its own trigger id, so two equal bodies are one request: somebody sends it again, or
    Slack itself does (`X-Slack-Retry-Num`), then with a new signature. Nothing of this is stored: after a restart the
    signature's age still limits a repetition to 5 minutes, and the record refuses to write the same fact twice. So a
    request that failed is not remembered: whoever sent it first, Slack's own must still be able to act.
    """

    def __init__(self) -> None:
        self._accepted: OrderedDict[bytes, _Accepted] = OrderedDict()

    async def answer(self, body: bytes, act: Callable[[], Awaitable[Answer]]) -> Answer:
        """Act on a body whose signature is right, or give the answer of the time before."""
        key = hashlib.sha256(body).digest()
        self._forget(time.monotonic())
        while before := self._accepted.get(key):
            if answered := await asyncio.shield(before.answer):
                return answered
        accepted = _Accepted(time.monotonic(), asyncio.get_running_loop().create_future())
        self._accepted[key] = accepted
        answer: Answer | None = None
        try:
            answer = await act()
        finally:
            failed = answer is None or answer[0] >= FAILED
            if failed and self._accepted.get(key) is accepted:
                del self._accepted[key]
            accepted.answer.set_result(None if failed else answer)
        return answer

    def _forget(self, now: float) -> None:
        while self._accepted:
            oldest = next(iter(self._accepted.values()))
            if now - oldest.at < REMEMBERED and len(self._accepted) < MOST:
                return
            self._accepted.popitem(last=False)

"""A question that may never be answered, asked in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Bounded(Generic[T]):
    """Asks one question at a time. Who asks while one is open waits for that answer, so a silence costs one thread."""

    def __init__(self, question: Callable[[], T]) -> None:
        self._question = question
        self._lock = threading.Lock()
        self._open: Future[T] | None = None

    def ask(self, seconds: float) -> T:
        """The answer. Raises TimeoutError after so many seconds, and what the question raises."""
        with self._lock:
            if self._open is None or self._open.done():
                self._open = Future()
                threading.Thread(target=self._answer, args=(self._open,), name="metrics", daemon=True).start()
            answer = self._open
        return answer.result(seconds)

    def _answer(self, answer: Future[T]) -> None:
        try:
            answer.set_result(self._question())
        except BaseException as error:  # whoever asked is told
            answer.set_exception(error)

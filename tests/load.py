"""Requests again and again to a port of this machine, and what was answered to them."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any


class Load:
    """The requests, in turn, each as "GET /path". `says` is the field of the JSON answers that tells who answered.

    `pause` is the time between two requests of one client, in seconds.
    """

    def __init__(self, port: int, requests: Sequence[str] = ("GET /",), *, says: str, pause: float = 0.002) -> None:
        self._port, self._requests, self._says, self._pause = port, requests, says, pause
        self.answers: Counter[str] = Counter()  # by status and who answered; "failed: WHY" for one without an answer

    @contextmanager
    def running(self, clients: int = 3) -> Iterator[None]:
        """So many clients ask as long as the block lasts."""
        over = threading.Event()
        threads = [threading.Thread(target=self._ask, args=(over,), daemon=True) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def failures(self) -> Mapping[str, int]:
        """What was answered otherwise than with 200."""
        return {said: times for said, times in self.answers.items() if not said.startswith("200 ")}

    def _ask(self, over: threading.Event) -> None:
        while True:
            for request in self._requests:
                if over.wait(self._pause):
                    return
                try:
                    status, data = ask(self._port, request)
                    self.answers[f"{status} {data.get(self._says, '')}"] += 1
                except (OSError, HTTPException, ValueError) as error:
                    self.answers[f"failed: {type(error).__name__}"] += 1


def ask(port: int, request: str = "GET /") -> tuple[int, dict[str, Any]]:
    """The status of one answer, and its JSON if that is 200. Raises OSError, HTTPException, ValueError."""
    method, path = request.split()
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if answer.status == 200 else {}
    finally:
        connection.close()

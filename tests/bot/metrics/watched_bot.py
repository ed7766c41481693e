"""A real `gonogo serve`, seen as whoever watches it sees it: over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bot.rehearsal.target.loopback import free_port

ENTER = """
import sys
from bot.cli import main
{patch}
sys.exit(main(["serve", *sys.argv[1:]]))
"""
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Values = dict[tuple[str, tuple[str, ...]], float]


class WatchedBot:
    """The bot's process and the address of its endpoint."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str, accept: str = OPENMETRICS) -> tuple[int, str, str]:
        """The status, the content type and the text of an answer; status 0 while nothing listens."""
        try:
            answer = httpx.get(self.url + path, headers={"Accept": accept}, timeout=20, trust_env=False)
        except httpx.TransportError:
            return 0, "", ""
        return answer.status_code, answer.headers["Content-Type"], answer.text

    def health(self) -> tuple[int, str]:
        """The status and the text of /healthz."""
        status, _, text = self.get("/healthz")
        return status, text.strip()

    def metrics(self) -> Values:
        """The samples of /metrics, by name and the values of their labels."""
        status, kind, text = self.get("/metrics")
        assert status == 200, text
        assert kind.startswith("application/openmetrics-text"), kind
        return {
            (sample.name.removeprefix("gonogo_"), tuple(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
            for sample in family.samples
        }

    def wait_for_health(self, status: int, text: str) -> None:
        """Wait until /healthz says so."""
        self.wait_until(lambda: self.health() == (status, text), f"{status} {text}", lambda: str(self.health()))

    def wait_until(self, condition: Callable[[], object], what: str, shown: Callable[[], str] = str) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + 40
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; {shown()}"
            time.sleep(0.1)

    def end(self) -> str:
        """Stop the bot; returns its log."""
        self.process.kill()
        return self.process.communicate()[1]


@contextmanager
def watched_bot(*, patch: str = "", env: Mapping[str, str] | None = None, slack: bool = False) -> Iterator[WatchedBot]:
    """A bot on the environment's record; `patch` is carried out in its process before it begins."""
    port = free_port()
    words = [sys.executable, "-c", ENTER.format(patch=patch), *([] if slack else ["--no-slack"])]
    whole = {**os.environ, "GONOGO_METRICS_PORT": str(port), **(env or {})}
    process = subprocess.Popen(words, env=whole, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    bot = WatchedBot(process, port)
    try:
        yield bot
    finally:
        if process.stderr and not process.stderr.closed:
            print(bot.end())

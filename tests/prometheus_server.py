"""A real Prometheus, and a small exporter that it scrapes each second."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from bot.rehearsal.target.loopback import answers_http, free_port, wait_until

CONFIG = """
scrape_configs:
  - job_name: api
    scrape_interval: 1s
    static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]
"""


@dataclass
class Exporter:
    """What an application says at /metrics."""

    text: str = ""


@dataclass(frozen=True)
class Prometheus:
    """The running server."""

    url: str
    exporter: Exporter

    def scrape(self, text: str) -> None:
        """Let the exporter say this, and wait until each of its series is in the server."""
        self.exporter.text = text
        names = {line.split("{")[0].split()[0] for line in text.splitlines()}
        for name in names:
            wait_until(lambda name=name: self.knows(name), f"the metric {name}")  # type: ignore[misc]

    def knows(self, query: str) -> bool:
        """Whether a query gives a sample now."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, trust_env=False)
        return bool(answer.json()["data"]["result"])


@contextmanager
def exporting() -> Iterator[tuple[Exporter, int]]:
    """An exporter and its port."""
    exporter = Exporter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = exporter.text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield exporter, server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def running() -> Iterator[Prometheus]:
    """A Prometheus with its own exporter. Skips the test where there is no such program."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("this machine has no prometheus")
    port = free_port()
    with exporting() as (exporter, exporter_port), TemporaryDirectory(prefix="gt-", dir="/tmp") as name:
        config = Path(name) / "prometheus.yml"
        config.write_text(CONFIG.format(exporter=exporter_port))
        words = [program, f"--config.file={config}", f"--storage.tsdb.path={name}/data", "--log.level=error"]
        process = subprocess.Popen(
            [*words, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: answers_http(f"{url}/-/ready"), "Prometheus")
            yield Prometheus(url=url, exporter=exporter)
        finally:
            process.terminate()
            process.wait(20)

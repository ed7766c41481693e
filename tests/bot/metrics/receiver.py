"""What a heartbeat calls: a real receiver, which can fail and hang."""

from __future__ import annotations

import http.server
import time

from tests.served import HangingServer

TOKEN = "b3b1c1a0-fe5d-4f6c-8f3e-aaaabbbbcccc"


class Receiver(HangingServer):
    """What is called. It answers with `status`, or not at all while `hangs`."""

    def __init__(self) -> None:
        super().__init__(Call)
        self.paths: list[str] = []
        self.status = 200
        self.env = {
            "GONOGO_HEARTBEAT_URL": f"http://127.0.0.1:{self.server_port}/{TOKEN}/start",
            "GONOGO_HEARTBEAT_END_URL": f"http://127.0.0.1:{self.server_port}/{TOKEN}/end",
        }

    def beats(self) -> int:
        """How often it was called while a run was active."""
        return self.paths.count(f"/{TOKEN}/start")

    def ends(self) -> int:
        """How often it was told that no run is active."""
        return self.paths.count(f"/{TOKEN}/end")


class Call(http.server.BaseHTTPRequestHandler):
    """One call."""

    server: Receiver

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        while self.server.hangs.is_set():
            time.sleep(0.05)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Log nothing."""

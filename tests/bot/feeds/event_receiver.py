"""A real receiver of events, which reads with libraries that are not ours, and can hang."""

from __future__ import annotations

import http.server
import time
from collections.abc import Callable
from typing import Any

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook

from tests.served import HangingServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKEN = "b3b1c1a0-fe5d-4f6c-8f3e-ddddeeeeffff"


class EventReceiver(HangingServer):
    """Takes what is signed and is a CloudEvent. It answers with `status(event)`, or not at all while `hangs`."""

    def __init__(self) -> None:
        super().__init__(Call)
        self.taken: list[BaseCloudEvent] = []
        self.calls = 0
        self.bodies: list[bytes] = []
        self.status: Callable[[BaseCloudEvent], int] = lambda _: 204
        self.headers: dict[str, str] = {}  # beside what it does not take
        self.silent_after = 0  # so many were taken, and the last one of them is not answered
        self.env = {
            "GONOGO_EVENTS_URL": f"http://127.0.0.1:{self.server_port}/{TOKEN}",
            "GONOGO_EVENTS_SECRET": SECRET,
        }

    def handle_error(self, request: object, client_address: object) -> None:
        """A bot that was killed says nothing; what the receiver itself finds wrong is no event that was taken."""

    def ids(self) -> list[str]:
        """The ids of what was taken, in order, each where it was taken first."""
        return list(dict.fromkeys(event.get_id() for event in self.taken))

    def types(self) -> list[str]:
        """The types of what was taken, without the prefix."""
        return [event.get_type().removeprefix("io.gonogo.") for event in self.taken]

    def data(self, kind: str) -> list[Any]:
        """The data of the taken events of a type."""
        return [event.get_data() for event in self.taken if event.get_type() == f"io.gonogo.{kind}"]


class Call(http.server.BaseHTTPRequestHandler):
    """One call."""

    server: EventReceiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls += 1
        self.server.bodies.append(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        Webhook(SECRET).verify(body, headers, json_parse=False)  # raises for what is not signed
        assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
        event = from_structured_event(HTTPMessage(headers=headers, body=body))
        assert event.get_id() == headers["webhook-id"]
        while self.server.hangs.is_set():
            time.sleep(0.05)
        status = self.server.status(event)
        if status < 300:
            self.server.taken.append(event)
            while len(self.server.taken) == self.server.silent_after:
                time.sleep(0.05)
        self.send_response(status)
        for name, value in self.server.headers.items() if status >= 300 else ():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Log nothing."""

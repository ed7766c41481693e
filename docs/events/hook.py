"""Takes gonogo's events and gives each to the modules beside it that are named: python hook.py grafana jira

pip install standardwebhooks httpx. It listens on 127.0.0.1, behind a proxy with TLS or beside the bot.
"""

from __future__ import annotations

import http.server
import importlib
import os
import sys
from typing import Any

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

LONGEST = 1_000_000  # bytes
MODULES = [importlib.import_module(name) for name in sys.argv[1:]]
SEEN: set[tuple[str, str]] = set()  # a restart forgets it, so each module looks before it writes


class Hook(http.server.BaseHTTPRequestHandler):
    """One event."""

    timeout = 30  # seconds

    def do_POST(self) -> None:
        """Answer 2xx only once every module has taken it: anything else is sent again."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LONGEST:
            self.answer(413)
            return
        body = self.rfile.read(length)
        try:
            event = Webhook(os.environ["GONOGO_EVENTS_SECRET"]).verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.answer(401)
            return
        try:
            for module in MODULES:
                if (module.__name__, event["id"]) not in SEEN and wanted(event):
                    module.tell(event)
                SEEN.add((module.__name__, event["id"]))
        except httpx.HTTPError as error:
            print(f"{event['type']} later: {type(error).__name__}", file=sys.stderr)
            self.answer(503)
        else:
            self.answer(204)

    def answer(self, status: int) -> None:
        """Answer without a body."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def wanted(event: dict[str, Any]) -> bool:
    """Whether an event is about production: not the doctor's test, and no drill."""
    return bool(event["type"] != "io.gonogo.test" and not event["data"]["drill"])


if __name__ == "__main__":
    server = http.server.HTTPServer(("127.0.0.1", int(os.environ.get("HOOK_PORT", "8300"))), Hook)
    server.serve_forever()

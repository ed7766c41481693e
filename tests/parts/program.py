"""The program of the services, a web server or a worker, with Python and nothing else.

    python3 program.py FOLDER

FOLDER/settings.json is read at the start, and again at SIGHUP: see `Settings` in service.py for what it may say.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

FOLDER = Path(sys.argv[1])
BEGAN = time.monotonic()
settings: dict[str, Any] = {}


def read_settings(*_: object) -> None:
    """What the environment says goes before the file."""
    new = json.loads((FOLDER / "settings.json").read_text())
    if not settings or new["reloads"]:
        settings.update(new)
    if "COMMIT" in os.environ:
        settings["commit"] = os.environ["COMMIT"]


def say(text: str) -> None:
    """A line of the log."""
    print(text, flush=True)


def is_ready() -> bool:
    """Whether it says that it is ready."""
    return bool(time.monotonic() - BEGAN >= settings["ready_in"])


class Handler(BaseHTTPRequestHandler):
    """Answers each path with what runs."""

    def do_GET(self) -> None:
        body = json.dumps({"commit": settings["commit"], "pid": os.getpid()} if is_ready() else {}).encode()
        self.send_response(200 if is_ready() else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """Listens by itself, or gets its socket from systemd."""

    daemon_threads = True

    def server_bind(self) -> None:
        if os.environ.get("LISTEN_FDS"):
            self.socket.close()
            self.socket = socket.socket(fileno=3)
            self.server_name, self.server_port = "127.0.0.1", settings["port"]
        else:
            super().server_bind()

    def server_activate(self) -> None:
        if not os.environ.get("LISTEN_FDS"):
            super().server_activate()


def tell_systemd() -> None:
    """Says that it is ready, to a systemd that wants to know it (Type=notify)."""
    if where := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.sendto(b"READY=1", where.replace("@", "\0", 1))


def main() -> None:
    """Serve or work, until it dies as the settings say."""
    read_settings()
    signal.signal(signal.SIGHUP, read_settings)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container ignores it by itself
    say(f"starting {settings['commit']}")
    time.sleep(settings["starts_in"])
    if settings["port"]:
        Thread(target=Server(("127.0.0.1", settings["port"]), Handler).serve_forever, daemon=True).start()
    tell_systemd()
    say("started")
    if settings["says"]:
        say(settings["says"])
    while settings["dies_after"] is None or time.monotonic() - BEGAN < settings["dies_after"]:
        if not settings["port"]:
            say("did some work")
        time.sleep(0.1)
    say("leaving")
    os._exit(3)


main()

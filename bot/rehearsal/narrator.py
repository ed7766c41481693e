"""The narrator of `--auto`: prints the channel and its threads as text, while it happens."""

from __future__ import annotations

import re
import time
from typing import Any

from bot.rehearsal.people import PEOPLE
from bot.rehearsal.workspace import Message, Workspace

NAMES = {person.id: person.name for person in PEOPLE}


class Narrator:
    """Prints each message once, and again when its words have changed; the card's clock alone is no news."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._said: dict[str, str] = {}
        self._began = time.monotonic()

    def listen(self) -> None:
        """Begin to print."""
        self.workspace.on_message(self._heard)

    def _heard(self, message: Message, *_: Any) -> None:
        words = message.text.strip()
        if not words or self._said.get(message.ts) == words or (message.ts in self._said and not message.thread_ts):
            return
        self._said[message.ts] = words
        for one, name in NAMES.items():
            words = words.replace(f"<@{one}>", f"@{name}")
        words = re.sub(r"<!date\^[^|]*\|([^>]*)>", r"\1", words)
        at = time.monotonic() - self._began
        indent = "    " if message.thread_ts and message.thread_ts != message.ts else ""
        first, *rest = words.splitlines()
        print(f"{at:6.1f}s {indent}{first}", flush=True)
        for line in rest:
            print(f"        {indent}{line}", flush=True)

"""The transcript of `--auto`: prints the channel and its threads as text while the run goes on."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any

from bot.rehearsal.role_holders import CHANNEL, CHANNEL_NAME, PEOPLE
from bot.rehearsal.workspace import Message, Workspace

NAMES = {person.id: person.name for person in PEOPLE}


class Transcript:
    """Prints each message, and a reply again when its text changes; the card changes all the time and prints once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._printed: dict[str, str] = {}
        self._began = time.monotonic()

    def start(self) -> None:
        """Print every message from now on."""
        self.workspace.on_message(self._print)

    def _print(self, message: Message, *_: Any) -> None:
        text = message.text.strip()
        is_card = not message.thread_ts
        if not text or self._printed.get(message.ts) == text or (message.ts in self._printed and is_card):
            return
        self._printed[message.ts] = text
        seconds = time.monotonic() - self._began
        indent = "    " if message.thread_ts and message.thread_ts != message.ts else ""
        first, *others = readable(text).splitlines()
        print(f"{seconds:6.1f}s {indent}{first}", flush=True)
        for line in others:
            print(f"        {indent}{line}", flush=True)


def readable(text: str) -> str:
    """The text with names for mentions and the channel, the fallback texts of dates, and no entities."""
    for person, name in NAMES.items():
        text = text.replace(f"<@{person}>", f"@{name}")
    text = text.replace(f"<#{CHANNEL}>", f"#{CHANNEL_NAME}")
    return unescape(re.sub(r"<!date\^[^|]*\|([^>]*)>", r"\1", text))

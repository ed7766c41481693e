"""A workspace beside a bot that runs in a process of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from bot.rehearsal.workspace import Person, Workspace

CHANNEL = "C01DEPLOY"


class Box:
    """A workspace in a thread of its own, and the environment of a bot in it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.workspace = self.call(self._make())
        self.env = {
            "SLACK_BOT_TOKEN": self.workspace.bot_token,
            "SLACK_APP_TOKEN": self.workspace.app_token,
            "SLACK_API_URL": self.workspace.api_url,
            "GONOGO_CHANNEL": CHANNEL,
        }

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Carry something out where the workspace runs."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _make(self) -> Workspace:
        workspace = Workspace((Person("UDBA", "Somchai"), Person("ULEAD", "Malee")))
        await workspace.start()
        return workspace

    def close(self) -> None:
        """End the workspace."""
        self.call(self.workspace.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

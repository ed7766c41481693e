"""Slack's rate limits: records every call, and computes how long a bot must wait."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field

# Slack's tiers: calls of one method in a minute
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
TIER_OF = {
    **dict.fromkeys(["users.list", "conversations.list", "usergroups.users.list", "usergroups.list", "pins.add"], 2),
    **dict.fromkeys(["chat.update", "chat.delete", "conversations.history", "conversations.replies"], 3),
    **dict.fromkeys(["conversations.info", "conversations.join", "conversations.open", "reactions.add"], 3),
    **dict.fromkeys(["apps.connections.open", "conversations.setTopic"], 3),
    **dict.fromkeys(["views.open", "views.push", "views.update", "views.publish", "users.info"], 4),
    **dict.fromkeys(["chat.postEphemeral", "conversations.members"], 4),
    **dict.fromkeys(["files.getUploadURLExternal", "files.completeUploadExternal"], 4),
}
BURST = 5
"""Messages that one channel takes at once, before its limit of one a second applies."""


@dataclass
class RateLimiter:
    """The calls so far as (monotonic time in seconds, method, answered with ok); `refused` are the methods of 429s."""

    calls: list[tuple[float, str, bool]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _buckets: dict[str, tuple[float, float]] = field(default_factory=lambda: defaultdict(lambda: (0.0, BURST)))

    def record(self, method: str, *, ok: bool) -> None:
        """Record one call."""
        self.calls.append((time.monotonic(), method, ok))

    def highest_rate(self, method: str) -> int:
        """The most calls of a method in any 60 seconds."""
        times = [at for at, name, _ in self.calls if name == method]
        return max((sum(1 for at in times if start <= at < start + 60) for start in times), default=0)

    def wait_seconds(self, method: str, channel: str) -> int:
        """The seconds that Slack would make the bot wait before this call; 0 when the call is within the limits."""
        if method == "chat.postMessage":
            return self._channel_wait(channel)
        tier = TIER_OF.get(method)
        minute_ago = time.monotonic() - 60
        recent = [at for at, name, _ in self.calls if name == method and at > minute_ago]
        if tier is None or len(recent) < TIERS[tier]:
            return 0
        return max(1, round(recent[-TIERS[tier]] - minute_ago))

    def _channel_wait(self, channel: str) -> int:
        now = time.monotonic()
        refilled_at, tokens = self._buckets[channel]
        tokens = min(BURST, tokens + now - refilled_at)
        self._buckets[channel] = (now, tokens - 1 if tokens >= 1 else tokens)
        return 0 if tokens >= 1 else 1

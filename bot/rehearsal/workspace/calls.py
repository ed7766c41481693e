"""Counts every call of the Web API, and knows Slack's limits a minute."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field

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
"""So many messages may come at once in a channel before the rule of one a second is felt."""


@dataclass
class Calls:
    """The calls so far, and whether the next one is one too many. Times are of the monotonic clock, in seconds.

    `refused` are the methods of those that were answered with 429.
    """

    made: list[tuple[float, str, bool]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _buckets: dict[str, tuple[float, float]] = field(default_factory=lambda: defaultdict(lambda: (0.0, BURST)))

    def note(self, method: str, *, good: bool) -> None:
        """Write down one call."""
        self.made.append((time.monotonic(), method, good))

    def highest_rate(self, method: str) -> int:
        """The most calls of a method in any 60 seconds."""
        times = [at for at, name, _ in self.made if name == method]
        return max((sum(1 for at in times if start <= at < start + 60) for start in times), default=0)

    def wait(self, method: str, channel: str) -> int:
        """Seconds that Slack would ask a bot to wait before this call; 0 when it may go ahead."""
        if method == "chat.postMessage":
            return self._wait_for_channel(channel)
        tier = TIER_OF.get(method)
        since = time.monotonic() - 60
        recent = [at for at, name, _ in self.made if name == method and at > since]
        if tier is None or len(recent) < TIERS[tier]:
            return 0
        return max(1, round(recent[-TIERS[tier]] - since))

    def _wait_for_channel(self, channel: str) -> int:
        now = time.monotonic()
        then, left = self._buckets[channel]
        left = min(BURST, left + now - then)
        self._buckets[channel] = (now, left - 1 if left >= 1 else left)
        return 0 if left >= 1 else 1

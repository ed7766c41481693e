"""Trigger ids and response URLs: what an act of a person lets the bot do for a short while."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

TRIGGER_SECONDS = 3.0
HOOK_SECONDS = 30 * 60.0
HOOK_USES = 5


@dataclass
class Trigger:
    """The right to open one modal; `view_id` names the modal it was pressed in."""

    person: str
    view_id: str | None
    made: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass
class Hook:
    """A response URL; `message_ts` names the message whose button was pressed, None for a command."""

    person: str
    channel: str
    message_ts: str | None
    made: float = field(default_factory=time.monotonic)
    left: int = HOOK_USES

    def take(self) -> str | None:
        """Use the URL once; the name of Slack's error when it may not be used any more."""
        if time.monotonic() - self.made > HOOK_SECONDS:
            return "expired_url"
        if self.left == 0:
            return "used_url"
        self.left -= 1
        return None


@dataclass
class Passes:
    """All triggers and response URLs given out."""

    triggers: dict[str, Trigger] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)

    def trigger(self, person: str, view_id: str | None = None) -> str:
        """A new trigger id."""
        name = f"{time.time_ns() // 1000}.{secrets.randbelow(10**8)}.{secrets.token_hex(16)}"
        self.triggers[name] = Trigger(person, view_id)
        return name

    def hook(self, person: str, channel: str, message_ts: str | None) -> str:
        """The secret name of a new response URL."""
        name = secrets.token_hex(12)
        self.hooks[name] = Hook(person, channel, message_ts)
        return name

    def exchange(self, name: str) -> Trigger | str:
        """The trigger behind an id, used up now; or the name of Slack's error."""
        trigger = self.triggers.get(name)
        if trigger is None:
            return "invalid_trigger_id"
        if trigger.used:
            return "exchanged_trigger_id"
        if time.monotonic() - trigger.made > TRIGGER_SECONDS:
            return "expired_trigger_id"
        trigger.used = True
        return trigger

"""Trigger ids and response URLs: what a user's action allows the bot to do for a short time."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5


@dataclass
class Trigger:
    """The right to open one modal. `view_id` is the modal in which the button was pressed, None outside a modal."""

    person: str
    view_id: str | None
    created_at: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass
class ResponseUrl:
    """The right to answer an action. `message_ts` is the message whose button was pressed, None for a command."""

    person: str
    channel: str
    message_ts: str | None
    created_at: float = field(default_factory=time.monotonic)
    uses_left: int = RESPONSE_URL_USES

    def use(self) -> str | None:
        """Use the URL once; returns the name of Slack's error when it has expired or is used up."""
        if time.monotonic() - self.created_at > RESPONSE_URL_SECONDS:
            return "expired_url"
        if self.uses_left == 0:
            return "used_url"
        self.uses_left -= 1
        return None


@dataclass
class InteractionTokens:
    """All trigger ids and response URLs given out."""

    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def new_trigger(self, person: str, view_id: str | None = None) -> str:
        """A new trigger id."""
        name = f"{time.time_ns() // 1000}.{secrets.randbelow(10**8)}.{secrets.token_hex(16)}"
        self.triggers[name] = Trigger(person, view_id)
        return name

    def new_response_url(self, person: str, channel: str, message_ts: str | None) -> str:
        """The secret name of a new response URL."""
        name = secrets.token_hex(12)
        self.response_urls[name] = ResponseUrl(person, channel, message_ts)
        return name

    def use_trigger(self, name: str) -> Trigger | str:
        """The trigger of an id, which is used up by this; or the name of Slack's error."""
        trigger = self.triggers.get(name)
        if trigger is None:
            return "invalid_trigger_id"
        if trigger.used:
            return "exchanged_trigger_id"
        if time.monotonic() - trigger.created_at > TRIGGER_SECONDS:
            return "expired_trigger_id"
        trigger.used = True
        return trigger

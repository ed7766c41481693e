"""The registry of Web API methods: the call that a method gets, and how it refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.rehearsal.workspace.slack_objects import Channel, Json
from bot.rehearsal.workspace.workspace_state import BOT_USER, WorkspaceState
from state.frozen import dataclass


class SlackError(Exception):
    """A refusal, answered with ok=false: `error` is Slack's name for it, `details` the other fields of the answer."""

    def __init__(self, error: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details


@dataclass(frozen=True)
class Call:
    """One call: the workspace, the arguments with all JSON decoded, and the address by which it came."""

    state: WorkspaceState
    args: Json
    address: str = ""

    def require(self, name: str, error: str = "invalid_arguments") -> Any:
        """A required argument. Raises SlackError when it is missing or empty."""
        value = self.args.get(name)
        if value in (None, ""):
            messages = [f"[ERROR] missing required field: {name}"]
            raise SlackError(error, response_metadata={"messages": messages})
        return value

    def channel(self, *, joined: bool = True) -> Channel:
        """The channel of the call; a person's id means the direct conversation with them.

        Raises SlackError when there is no such channel or, with `joined`, when the bot is not in it.
        """
        name = self.require("channel", "channel_not_found")
        if name in self.state.people:
            return self.state.direct_channel(name)
        channel = self.state.channels.get(name)
        if channel is None or (channel.is_private and BOT_USER not in channel.members):
            raise SlackError("channel_not_found")
        if joined and BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """One method: it needs any one of `scopes`, and the app's token instead of the bot's when `for_app`."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    for_app: bool = False
    form_only: bool = False


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, for_app: bool = False, form_only: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler under Slack's name of the method."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, scopes, for_app, form_only)
        return handler

    return register

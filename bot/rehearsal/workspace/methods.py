"""The table of Web API methods, and what each of them is handed and may answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.rehearsal.workspace.records import Channel, Json
from bot.rehearsal.workspace.team import BOT_USER, Team


class SlackError(Exception):
    """An answer with ok false: `error` is Slack's name for it, `more` what the body holds besides."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass(frozen=True)
class Call:
    """One call: the workspace it is about, and its arguments with everything that was JSON already read."""

    team: Team
    args: Json

    def need(self, name: str, error: str = "invalid_arguments") -> Any:
        """An argument that must be there."""
        value = self.args.get(name)
        if value in (None, ""):
            messages = [f"[ERROR] missing required field: {name}"]
            raise SlackError(error, response_metadata={"messages": messages})
        return value

    def channel(self, *, joined: bool = True) -> Channel:
        """The channel the call is about; the bot must be in it when `joined`. A person's id stands for the talk with them."""
        name = self.need("channel", "channel_not_found")
        if name in self.team.people:
            return self.team.direct(name)
        channel = self.team.channels.get(name)
        if channel is None:
            raise SlackError("channel_not_found")
        if joined and BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """One method of the Web API; `needs` lists scopes of which one is enough, `for_app` asks for the app's token."""

    handler: Handler
    needs: tuple[str, ...] = ()
    for_app: bool = False
    form_only: bool = False


METHODS: dict[str, Method] = {}


def method(name: str, *needs: str, for_app: bool = False, form_only: bool = False) -> Callable[[Handler], Handler]:
    """Put a handler into the table under Slack's name."""

    def keep(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, needs, for_app, form_only)
        return handler

    return keep

"""Everything the workspace knows, and who is told when a message comes, changes or goes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.rehearsal.workspace.calls import Calls
from bot.rehearsal.workspace.faults import Faults
from bot.rehearsal.workspace.passes import Passes
from bot.rehearsal.workspace.records import Channel, Json, Message, Person, View

TEAM = "T01REHEARSAL"
BOT_USER = "U0GONOGO"
BOT_ID = "B0GONOGO"
APP_ID = "A0GONOGO"
DOMAIN = "rehearsal"

Listener = Callable[[Message, str], None]


@dataclass
class Team:
    """One workspace with one bot in it."""

    people: dict[str, Person]
    channels: dict[str, Channel]
    bot_name: str
    commands: Sequence[str]
    scopes: frozenset[str]
    groups: dict[str, list[str]]
    bot_token: str = field(default_factory=lambda: f"xoxb-{secrets.token_hex(16)}")
    app_token: str = field(default_factory=lambda: f"xapp-1-{APP_ID}-{secrets.token_hex(16)}")
    address: str = ""
    messages: list[Message] = field(default_factory=list)
    stacks: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    contents: dict[str, bytes] = field(default_factory=dict)
    passes: Passes = field(default_factory=Passes)
    calls: Calls = field(default_factory=Calls)
    faults: Faults = field(default_factory=Faults)
    strict_rate_limits: bool = False
    listeners: list[Listener] = field(default_factory=list)
    watchers: list[Callable[[], None]] = field(default_factory=list)
    _last: tuple[int, int] = (0, 0)

    def new_ts(self) -> str:
        """A message's time stamp, later than every one before it."""
        second, count = self._last
        now = max(int(time.time()), second)
        self._last = (now, count + 100 if now == second else 100)
        return f"{now}.{self._last[1]:06d}"

    def find(self, channel: str, ts: str | None) -> Message | None:
        """The message of a time stamp, ephemeral ones as well."""
        return next((one for one in self.messages if one.ts == ts and one.channel == channel), None)

    def visible(self, channel: str) -> list[Message]:
        """The messages that everybody in the channel sees, oldest first."""
        return [one for one in self.messages if one.channel == channel and not one.only_for]

    def post(self, message: Message) -> Message:
        """Add a message."""
        self.messages.append(message)
        self.tell("posted", message)
        return message

    def remove(self, message: Message) -> None:
        """Take a message away."""
        self.messages.remove(message)
        self.tell("deleted", message)

    def tell(self, change: str, message: Message) -> None:
        """Tell everybody who listens that a message was posted, updated or deleted."""
        for listener in list(self.listeners):
            listener(message, change)
        self.changed()

    def changed(self) -> None:
        """Tell the open pages that something is different."""
        for watcher in list(self.watchers):
            watcher()

    def direct(self, person: str) -> Channel:
        """The conversation of a person with the bot."""
        name = f"D{person[1:]}"
        return self.channels.setdefault(name, Channel(name, self.bot_name, {person, BOT_USER}, is_im=True))

    def view(self, view_id: str) -> View | None:
        """A view that is open, or a Home tab."""
        views = [view for stack in self.stacks.values() for view in stack] + list(self.homes.values())
        return next((view for view in views if view.id == view_id), None)

    def new_view(self, person: str, shown: Json, under: View | None = None) -> View:
        """A view with fresh ids, not yet open."""
        name = f"V{secrets.token_hex(5).upper()}"
        root = under.root if under else name
        return View(name, person, shown, self.new_hash(), root, under.id if under else None)

    @staticmethod
    def new_hash() -> str:
        """A view's hash, which changes with every change."""
        return f"{int(time.time())}.{secrets.token_hex(4)}"

"""The state of a workspace, and the listeners of its changes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.rehearsal.workspace.faults import Faults
from bot.rehearsal.workspace.interaction_tokens import InteractionTokens
from bot.rehearsal.workspace.rate_limits import RateLimiter
from bot.rehearsal.workspace.slack_objects import TEAM, Channel, Json, Message, Person, View

BOT_USER = "U0GONOGO"
BOT_ID = "B0GONOGO"
APP_ID = "A0GONOGO"
DOMAIN = "rehearsal"

Listener = Callable[[Message, str], None]


@dataclass
class WorkspaceState:
    """One workspace with one bot. `view_stacks` are each person's open modals, the top one last.

    `enterprise` is the Enterprise Grid organization that the workspace belongs to, "" for none.
    """

    people: dict[str, Person]
    channels: dict[str, Channel]
    bot_name: str
    commands: Sequence[str]
    scopes: frozenset[str]
    groups: dict[str, list[str]]
    enterprise: str = ""
    shortcuts: dict[str, str] = field(default_factory=lambda: {"note_for_report": "Note for the report"})
    """The app's message shortcuts: callback id and name, as the manifest has them."""
    bot_token: str = field(default_factory=lambda: f"xoxb-{secrets.token_hex(16)}")
    app_token: str = field(default_factory=lambda: f"xapp-1-{APP_ID}-{secrets.token_hex(16)}")
    address: str = ""
    messages: list[Message] = field(default_factory=list)
    removed: set[tuple[str, str]] = field(default_factory=set)
    """Channel and ts of each message that was deleted."""
    view_stacks: dict[str, list[View]] = field(default_factory=dict)
    home_tabs: dict[str, View] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    file_contents: dict[str, bytes] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    tokens: InteractionTokens = field(default_factory=InteractionTokens)
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    faults: Faults = field(default_factory=Faults)
    strict_rate_limits: bool = False
    message_listeners: list[Listener] = field(default_factory=list)
    change_listeners: list[Callable[[], None]] = field(default_factory=list)
    _last_ts: tuple[int, int] = (0, 0)

    def new_ts(self) -> str:
        """A message's timestamp, later than every one before it."""
        second, count = self._last_ts
        now = max(int(time.time()), second)
        self._last_ts = (now, count + 100 if now == second else 100)
        return f"{now}.{self._last_ts[1]:06d}"

    def find_message(self, channel: str, ts: str | None) -> Message | None:
        """The message with a timestamp, also an ephemeral one."""
        return next((message for message in self.messages if message.ts == ts and message.channel == channel), None)

    def has_thread(self, channel: str, ts: str) -> bool:
        """Whether a deleted message still has its thread: as in Slack, one with replies leaves a gravestone."""
        replies = (one for one in self.public_messages(channel) if one.thread_ts == ts != one.ts)
        return (channel, ts) in self.removed and any(replies)

    def public_messages(self, channel: str) -> list[Message]:
        """The messages that everybody in the channel sees, oldest first."""
        return [message for message in self.messages if message.channel == channel and not message.only_for]

    def post(self, message: Message) -> Message:
        """Add a message and notify the listeners."""
        self.messages.append(message)
        self.notify("posted", message)
        return message

    def remove(self, message: Message) -> None:
        """Remove a message and notify the listeners."""
        self.messages.remove(message)
        self.removed.add((message.channel, message.ts))
        self.notify("deleted", message)

    def notify(self, change: str, message: Message) -> None:
        """Notify all listeners that a message was "posted", "updated" or "deleted"."""
        for listener in list(self.message_listeners):
            listener(message, change)
        self.notify_change()

    def notify_change(self) -> None:
        """Notify the open web pages that something changed."""
        for listener in list(self.change_listeners):
            listener()

    def direct_channel(self, person: str) -> Channel:
        """The direct conversation of a person with the bot; created when it is new."""
        name = f"D{person[1:]}"
        return self.channels.setdefault(name, Channel(name, self.bot_name, {person, BOT_USER}, is_im=True))

    def shared_with(self, channel: Channel) -> set[str]:
        """The other workspaces whose people are in a channel."""
        teams = {self.people[member].team for member in channel.members if member in self.people}
        return teams - {TEAM}

    def is_visible(self, person: Person) -> bool:
        """Whether somebody of another workspace shares a channel with the bot."""
        return any({person.id, BOT_USER} <= channel.members for channel in self.channels.values())

    def view(self, view_id: str) -> View | None:
        """An open modal, or a Home tab."""
        views = [view for stack in self.view_stacks.values() for view in stack] + list(self.home_tabs.values())
        return next((view for view in views if view.id == view_id), None)

    def new_view(self, person: str, content: Json, below: View | None = None) -> View:
        """A view with new ids, above another one or not; it is not open yet."""
        name = f"V{secrets.token_hex(5).upper()}"
        root = below.root if below else name
        return View(name, person, content, self.new_hash(), root, below.id if below else None)

    @staticmethod
    def new_hash() -> str:
        """A view's hash, which is new with every change."""
        return f"{int(time.time())}.{secrets.token_hex(4)}"

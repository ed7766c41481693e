"""The workspace's values: people, channels, messages, views, and what a person saw of an act."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A member of the workspace; `id` is like U01STARTER, `title` is their work in the team, `deleted` that the account is deactivated."""

    id: str
    name: str
    title: str = ""
    deleted: bool = False


@dataclass
class Channel:
    """A channel, or the conversation of one person with the bot when `is_im`."""

    id: str
    name: str
    members: set[str]
    is_im: bool = False
    topic: str = ""


@dataclass
class Message:
    """A message as it is now; `only_for` holds the one person who sees an ephemeral message."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: str | None = None
    only_for: str = ""
    bot_id: str | None = None
    pinned: bool = False

    def as_slack(self, *, metadata: bool = False) -> Json:
        """The message as the Web API shows it; `metadata` only for whoever asked for it."""
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "blocks": self.blocks}
        shown |= {"bot_id": self.bot_id} if self.bot_id else {}
        shown |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        shown |= {"subtype": "thread_broadcast"} if self.broadcast else {}
        shown |= {"files": self.files} if self.files else {}
        shown |= {"attachments": self.attachments} if self.attachments else {}
        shown |= {"edited": {"user": self.user, "ts": self.edited}} if self.edited else {}
        shown |= {"metadata": self.metadata} if metadata and self.metadata else {}
        if self.reactions:
            shown["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in self.reactions.items()]
        return shown


@dataclass
class View:
    """A modal that is open for a person, or their Home tab."""

    id: str
    person: str
    view: Json
    hash: str
    root: str
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """What the view shows."""
        return list(self.view["blocks"])

    def as_slack(self, values: Json | None = None) -> Json:
        """The view as the Web API and the payloads show it."""
        kept = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None}
        about = {"id": self.id, "hash": self.hash, "root_view_id": self.root, "previous_view_id": self.previous}
        return {**kept, **self.view, **about, "state": {"values": values or {}}}


@dataclass(frozen=True)
class Reply:
    """What a person saw of what they did: `text` in Slack's or the bot's words, `errors` the marked fields of a form."""

    acked: bool
    error: str | None = None
    text: str = ""
    seconds: float = 0.0
    errors: dict[str, str] = field(default_factory=dict)

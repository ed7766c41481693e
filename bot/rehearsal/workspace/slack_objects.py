"""The objects of a workspace: people, channels, messages, views, and replies."""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import Any, Literal

from state.frozen import dataclass

Json = dict[str, Any]
TEAM = "T01REHEARSAL"
"""The workspace that the bot is installed in."""


@dataclass(frozen=True)
class Person:
    """A user, with an id like U01STARTER. `title` is the job title; a `deleted` account is deactivated.

    `team` is the workspace that the account belongs to; of another one, it is a Slack Connect user. `guest` is "multi"
    or "single" for a guest of so many channels. `enterprise` is the Enterprise Grid organization, `teams` the
    workspaces of it that the account may use.
    """

    id: str
    name: str
    title: str = ""
    deleted: bool = False
    team: str = TEAM
    guest: Literal["", "multi", "single"] = ""
    is_bot: bool = False
    enterprise: str = ""
    teams: tuple[str, ...] = ()


@dataclasses.dataclass
class Channel:
    """A channel or, with `is_im`, the direct conversation of one person with the bot."""

    id: str
    name: str
    members: set[str]
    is_im: bool = False
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False


@dataclasses.dataclass
class Message:
    """A message as it is now. `only_for` is the one person who sees an ephemeral message, "" for all others."""

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
        """The message as the Web API returns it, with its metadata only when the call asked for it."""
        result: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "blocks": self.blocks}
        result |= {"bot_id": self.bot_id} if self.bot_id else {}
        result |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        result |= {"subtype": "thread_broadcast"} if self.broadcast else {}
        result |= {"files": self.files} if self.files else {}
        result |= {"attachments": self.attachments} if self.attachments else {}
        result |= {"edited": {"user": self.user, "ts": self.edited}} if self.edited else {}
        result |= {"metadata": self.metadata} if metadata and self.metadata else {}
        if self.reactions:
            result["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        return result


@dataclasses.dataclass
class View:
    """An open modal of a person, or the Home tab; `errors` are the error messages of its fields by block id."""

    id: str
    person: str
    view: Json
    hash: str
    root: str
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """The blocks of the view."""
        return list(self.view["blocks"])

    def as_slack(self, values: Json | None = None) -> Json:
        """The view as the Web API and the payloads have it."""
        defaults = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None}
        ids = {"id": self.id, "hash": self.hash, "root_view_id": self.root, "previous_view_id": self.previous}
        return {**defaults, **self.view, **ids, "state": {"values": values or {}}}


@dataclass(frozen=True)
class Reply:
    """What a person sees after an action: `text` from Slack or the bot, `errors` of form fields by block id."""

    acked: bool
    error: str | None = None
    text: str = ""
    seconds: float = 0.0
    errors: dict[str, str] = field(default_factory=dict)

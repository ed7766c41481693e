"""conversations.*, pins and reactions: what the bot does in a channel besides posting."""

from __future__ import annotations

from base64 import b64decode, b64encode

from bot.rehearsal.workspace.method_registry import Call, SlackError, method
from bot.rehearsal.workspace.slack_objects import Channel, Json, Message
from bot.rehearsal.workspace.workspace_state import BOT_USER

READ = ("channels:read", "groups:read", "im:read")
HISTORY = ("channels:history", "groups:history", "im:history")
MOST_A_PAGE = 999


@method("conversations.info", *READ)
async def info(call: Call) -> Json:
    """One channel."""
    return {"channel": _as_slack(call, call.channel(joined=False))}


@method("conversations.list", *READ)
async def list_channels(call: Call) -> Json:
    """All channels, without the direct conversations."""
    channels = [channel for channel in call.state.channels.values() if not channel.is_im]
    return _page(call, "channels", [_as_slack(call, channel) for channel in channels])


@method("conversations.members", *READ)
async def members(call: Call) -> Json:
    """The members of a channel, the bot and people of other workspaces among them. It says not how many there are."""
    page = _page(call, "members", sorted(call.channel(joined=False).members))
    return {name: value for name, value in page.items() if name != "has_more"}


@method("conversations.join", "channels:join")
async def join(call: Call) -> Json:
    """Add the bot to a public channel."""
    channel = call.channel(joined=False)
    channel.members.add(BOT_USER)
    return {"channel": _as_slack(call, channel)}


@method("conversations.open", "im:write")
async def open_direct(call: Call) -> Json:
    """The direct conversation with one person."""
    people = str(call.require("users")).split(",")
    if len(people) != 1 or people[0] not in call.state.people:
        raise SlackError("user_not_found")
    return {"channel": {"id": call.state.direct_channel(people[0]).id}}


@method("conversations.setTopic", "channels:write.topic", "channels:manage")
async def set_topic(call: Call) -> Json:
    """Set the topic of a channel."""
    channel = call.channel()
    channel.topic = str(call.args.get("topic") or "")[:250]
    call.state.notify_change()
    return {"channel": _as_slack(call, channel)}


@method("conversations.history", *HISTORY)
async def history(call: Call) -> Json:
    """The messages of a channel, newest first, without replies that are only in threads."""
    messages = call.state.public_messages(call.channel().id)
    top_level = [message for message in messages if message.thread_ts in (None, message.ts) or message.broadcast]
    return _page(call, "messages", _selected(call, list(reversed(top_level))))


@method("conversations.replies", *HISTORY)
async def replies(call: Call) -> Json:
    """A message and its replies, oldest first."""
    channel = call.channel()
    ts = str(call.require("ts"))
    parent = call.state.find_message(channel.id, ts)
    if not call.state.has_thread(channel.id, ts) and (parent is None or parent.only_for):
        raise SlackError("thread_not_found")
    root = (parent.thread_ts or parent.ts) if parent else ts
    thread = [message for message in call.state.public_messages(channel.id) if root in (message.ts, message.thread_ts)]
    return _page(call, "messages", _selected(call, thread))


@method("pins.add", "pins:write")
async def pin(call: Call) -> Json:
    """Pin a message to its channel."""
    message = _message(call)
    if message.pinned:
        raise SlackError("already_pinned")
    message.pinned = True
    call.state.notify_change()
    return {}


@method("pins.remove", "pins:write")
async def unpin(call: Call) -> Json:
    """Unpin a message."""
    message = _message(call)
    if not message.pinned:
        raise SlackError("no_pin")
    message.pinned = False
    call.state.notify_change()
    return {}


@method("reactions.add", "reactions:write")
async def react(call: Call) -> Json:
    """Add a reaction of the bot to a message."""
    message = _message(call)
    users = message.reactions.setdefault(str(call.require("name", "invalid_name")), [])
    if BOT_USER in users:
        raise SlackError("already_reacted")
    users.append(BOT_USER)
    call.state.notify("updated", message)
    return {}


@method("reactions.remove", "reactions:write")
async def unreact(call: Call) -> Json:
    """Remove a reaction of the bot."""
    message, name = _message(call), str(call.require("name", "invalid_name"))
    users = message.reactions.get(name, [])
    if BOT_USER not in users:
        raise SlackError("no_reaction")
    users.remove(BOT_USER)
    message.reactions = {emoji: people for emoji, people in message.reactions.items() if people}
    call.state.notify("updated", message)
    return {}


def _message(call: Call) -> Message:
    message = call.state.find_message(call.channel().id, str(call.require("timestamp", "no_item_specified")))
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    return message


def _selected(call: Call, messages: list[Message]) -> list[Json]:
    """The messages between `oldest` and `latest`."""
    oldest, latest = call.args.get("oldest"), call.args.get("latest")
    inclusive = bool(call.args.get("inclusive"))
    selected = [
        message
        for message in messages
        if (not oldest or float(message.ts) > float(oldest) or (inclusive and message.ts == oldest))
        and (not latest or float(message.ts) < float(latest) or (inclusive and message.ts == latest))
    ]
    metadata = bool(call.args.get("include_all_metadata"))
    return [message.as_slack(metadata=metadata) | _thread_fields(call, message) for message in selected]


def _thread_fields(call: Call, message: Message) -> Json:
    """The fields that a message has when it begins a thread."""
    in_channel = call.state.public_messages(message.channel)
    answers = [reply for reply in in_channel if reply.thread_ts == message.ts != reply.ts]
    if not answers:
        return {}
    return {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}


def _page(call: Call, name: str, items: list[Json] | list[str]) -> Json:
    limit = min(int(call.args.get("limit") or 100), MOST_A_PAGE)
    start = _start(str(call.args.get("cursor") or ""))
    more = start + limit < len(items)
    cursor = {"next_cursor": b64encode(f"from:{start + limit}".encode()).decode() if more else ""}
    return {name: items[start : start + limit], "has_more": more, "response_metadata": cursor}


def _start(cursor: str) -> int:
    """Where a page begins. A cursor holds more than digits, as Slack's do, so that nobody counts with it."""
    if not cursor:
        return 0
    try:
        return int(b64decode(cursor, validate=True).decode().removeprefix("from:"))
    except ValueError:
        raise SlackError("invalid_cursor") from None


def _as_slack(call: Call, channel: Channel) -> Json:
    others = sorted(call.state.shared_with(channel))
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_im,
        "is_im": channel.is_im,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": BOT_USER in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic},
        "is_shared": bool(others),
        "is_ext_shared": bool(others),
        "is_org_shared": False,
        "connected_team_ids": others,
    }

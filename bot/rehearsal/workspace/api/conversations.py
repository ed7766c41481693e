"""conversations.*, pins and reactions: what the bot may read and do in a channel besides posting."""

from __future__ import annotations

from bot.rehearsal.workspace.methods import Call, SlackError, method
from bot.rehearsal.workspace.records import Channel, Json, Message
from bot.rehearsal.workspace.team import BOT_USER

READ = ("channels:read", "groups:read", "im:read")
HISTORY = ("channels:history", "groups:history", "im:history")
MOST_A_PAGE = 999


@method("conversations.info", *READ)
async def info(call: Call) -> Json:
    """One channel."""
    return {"channel": _shown(call.channel(joined=False))}


@method("conversations.list", *READ)
async def listed(call: Call) -> Json:
    """All channels that are not talks with one person."""
    channels = [channel for channel in call.team.channels.values() if not channel.is_im]
    return _page(call, "channels", [_shown(channel) for channel in channels])


@method("conversations.members", *READ)
async def members(call: Call) -> Json:
    """Who is in a channel."""
    return _page(call, "members", sorted(call.channel(joined=False).members))


@method("conversations.join", "channels:join")
async def join(call: Call) -> Json:
    """The bot joins a public channel."""
    channel = call.channel(joined=False)
    channel.members.add(BOT_USER)
    return {"channel": _shown(channel)}


@method("conversations.open", "im:write")
async def opened(call: Call) -> Json:
    """The talk with one person."""
    people = str(call.need("users")).split(",")
    if len(people) != 1 or people[0] not in call.team.people:
        raise SlackError("user_not_found")
    return {"channel": {"id": call.team.direct(people[0]).id}}


@method("conversations.setTopic", "channels:write.topic", "channels:manage")
async def set_topic(call: Call) -> Json:
    """Change the line at the top of a channel."""
    channel = call.channel()
    channel.topic = str(call.args.get("topic") or "")[:250]
    call.team.changed()
    return {"channel": _shown(channel)}


@method("conversations.history", *HISTORY)
async def history(call: Call) -> Json:
    """The messages of a channel, newest first, without the replies that stand in threads only."""
    messages = call.team.visible(call.channel().id)
    top = [one for one in messages if one.thread_ts in (None, one.ts) or one.broadcast]
    return _page(call, "messages", _read(call, list(reversed(top))))


@method("conversations.replies", *HISTORY)
async def replies(call: Call) -> Json:
    """A message and the replies to it, oldest first."""
    channel = call.channel()
    parent = call.team.find(channel.id, str(call.need("ts")))
    if parent is None or parent.only_for:
        raise SlackError("thread_not_found")
    root = parent.thread_ts or parent.ts
    thread = [one for one in call.team.visible(channel.id) if root in (one.ts, one.thread_ts)]
    return _page(call, "messages", _read(call, thread))


@method("pins.add", "pins:write")
async def pin(call: Call) -> Json:
    """Pin a message to its channel."""
    message = _message(call)
    if message.pinned:
        raise SlackError("already_pinned")
    message.pinned = True
    call.team.changed()
    return {}


@method("pins.remove", "pins:write")
async def unpin(call: Call) -> Json:
    """Take a message off the channel's pins."""
    message = _message(call)
    if not message.pinned:
        raise SlackError("no_pin")
    message.pinned = False
    call.team.changed()
    return {}


@method("reactions.add", "reactions:write")
async def react(call: Call) -> Json:
    """Put an emoji under a message."""
    message = _message(call)
    users = message.reactions.setdefault(str(call.need("name", "invalid_name")), [])
    if BOT_USER in users:
        raise SlackError("already_reacted")
    users.append(BOT_USER)
    call.team.tell("updated", message)
    return {}


@method("reactions.remove", "reactions:write")
async def unreact(call: Call) -> Json:
    """Take the bot's own emoji away."""
    message, name = _message(call), str(call.need("name", "invalid_name"))
    users = message.reactions.get(name, [])
    if BOT_USER not in users:
        raise SlackError("no_reaction")
    users.remove(BOT_USER)
    message.reactions = {kept: people for kept, people in message.reactions.items() if people}
    call.team.tell("updated", message)
    return {}


def _message(call: Call) -> Message:
    message = call.team.find(call.channel().id, str(call.need("timestamp", "no_item_specified")))
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    return message


def _read(call: Call, messages: list[Message]) -> list[Json]:
    oldest, latest = call.args.get("oldest"), call.args.get("latest")
    inclusive = bool(call.args.get("inclusive"))
    kept = [
        one
        for one in messages
        if (not oldest or float(one.ts) > float(oldest) or (inclusive and one.ts == oldest))
        and (not latest or float(one.ts) < float(latest) or (inclusive and one.ts == latest))
    ]
    metadata = bool(call.args.get("include_all_metadata"))
    return [one.as_slack(metadata=metadata) | _thread_facts(call, one) for one in kept]


def _thread_facts(call: Call, message: Message) -> Json:
    answers = [one for one in call.team.visible(message.channel) if one.thread_ts == message.ts != one.ts]
    if not answers:
        return {}
    return {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}


def _page(call: Call, name: str, items: list[Json] | list[str]) -> Json:
    limit = min(int(call.args.get("limit") or 100), MOST_A_PAGE)
    start = int(call.args.get("cursor") or 0)
    more = start + limit < len(items)
    cursor = {"next_cursor": str(start + limit) if more else ""}
    return {name: items[start : start + limit], "has_more": more, "response_metadata": cursor}


def _shown(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_im,
        "is_im": channel.is_im,
        "is_private": False,
        "is_archived": False,
        "is_member": BOT_USER in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic},
    }

"""chat.*: posting, editing and taking back messages."""

from __future__ import annotations

from bot.rehearsal.workspace.api.posts import checked
from bot.rehearsal.workspace.methods import Call, SlackError, method
from bot.rehearsal.workspace.records import Json, Message
from bot.rehearsal.workspace.team import BOT_ID, BOT_USER

MOST_UPDATE_BYTES = 4_000


@method("chat.postMessage", "chat:write")
async def post_message(call: Call) -> Json:
    """Post a message, in a thread when thread_ts says so."""
    public = "chat:write.public" in call.team.scopes
    channel = call.channel(joined=not public)
    parts = checked(call.team, call.args)
    message = Message(
        channel.id,
        call.team.new_ts(),
        BOT_USER,
        thread_ts=_thread(call, channel.id),
        broadcast=bool(call.args.get("reply_broadcast")) and bool(call.args.get("thread_ts")),
        bot_id=BOT_ID,
        **parts,
    )
    call.team.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack()}


@method("chat.postEphemeral", "chat:write")
async def post_ephemeral(call: Call) -> Json:
    """Show a message to one person only."""
    channel = call.channel()
    person = call.need("user", "user_not_in_channel")
    if person not in channel.members:
        raise SlackError("user_not_in_channel")
    parts = checked(call.team, call.args)
    ts, thread = call.team.new_ts(), _thread(call, channel.id)
    call.team.post(Message(channel.id, ts, BOT_USER, thread_ts=thread, only_for=person, bot_id=BOT_ID, **parts))
    return {"message_ts": ts}


@method("chat.update", "chat:write")
async def update(call: Call) -> Json:
    """Change one of the bot's own messages; text without blocks takes the blocks away, metadata stays unless given."""
    message = _own(call, "cant_update_message")
    if len(str(call.args.get("text") or "").encode()) > MOST_UPDATE_BYTES:
        raise SlackError("msg_too_long")
    parts = checked(call.team, call.args)
    message.text, message.blocks, message.attachments = parts["text"], parts["blocks"], parts["attachments"]
    if parts["metadata"] is not None:
        message.metadata = parts["metadata"] or None
    message.edited = call.team.new_ts()
    message.broadcast = message.broadcast or bool(call.args.get("reply_broadcast"))
    call.team.tell("updated", message)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.as_slack()}


@method("chat.delete", "chat:write")
async def delete(call: Call) -> Json:
    """Take back one of the bot's own messages."""
    message = _own(call, "cant_delete_message")
    call.team.remove(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink")
async def permalink(call: Call) -> Json:
    """The address of a message on the workspace's page."""
    channel = call.channel(joined=False)
    message = call.team.find(channel.id, call.need("message_ts"))
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    thread = message.thread_ts or message.ts
    return {"channel": channel.id, "permalink": f"{call.team.address}/?thread={thread}"}


def _own(call: Call, error: str) -> Message:
    channel = call.channel(joined=False)
    message = call.team.find(channel.id, call.need("ts", "message_not_found"))
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(error)
    return message


def _thread(call: Call, channel: str) -> str | None:
    """The thread to post in. A reply's own ts is refused, which is stricter than Slack and finds the mistake."""
    ts = call.args.get("thread_ts")
    if not ts:
        return None
    parent = call.team.find(channel, str(ts))
    if parent is None or parent.only_for or parent.thread_ts not in (None, parent.ts):
        raise SlackError("thread_not_found")
    return parent.ts

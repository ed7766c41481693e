"""chat.*: posting, editing and deleting messages."""

from __future__ import annotations

from bot.rehearsal.workspace.api.message_validation import validated_message
from bot.rehearsal.workspace.method_registry import Call, SlackError, method
from bot.rehearsal.workspace.slack_objects import Json, Message
from bot.rehearsal.workspace.workspace_state import BOT_ID, BOT_USER

MOST_UPDATE_BYTES = 4_000


@method("chat.postMessage", "chat:write")
async def post_message(call: Call) -> Json:
    """Post a message, in a thread when there is a thread_ts."""
    public = "chat:write.public" in call.state.scopes
    channel = call.channel(joined=not public)
    if channel.is_archived:
        raise SlackError("is_archived")
    parts = validated_message(call.state, call.args)
    thread = _thread(call, channel.id)
    message = Message(
        channel.id,
        call.state.new_ts(),
        BOT_USER,
        thread_ts=thread,
        broadcast=bool(call.args.get("reply_broadcast")) and bool(thread),
        bot_id=BOT_ID,
        **parts,
    )
    call.state.post(message)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack()}


@method("chat.postEphemeral", "chat:write")
async def post_ephemeral(call: Call) -> Json:
    """Post a message that only one person sees."""
    channel = call.channel()
    person = call.require("user", "user_not_in_channel")
    if person not in channel.members:
        raise SlackError("user_not_in_channel")
    parts = validated_message(call.state, call.args)
    ts, thread = call.state.new_ts(), _thread(call, channel.id)
    call.state.post(Message(channel.id, ts, BOT_USER, thread_ts=thread, only_for=person, bot_id=BOT_ID, **parts))
    return {"message_ts": ts}


@method("chat.update", "chat:write")
async def update(call: Call) -> Json:
    """Edit one of the bot's messages. Text without blocks removes the blocks; metadata stays unless it is given."""
    message = _own_message(call, "cant_update_message")
    if len(str(call.args.get("text") or "").encode()) > MOST_UPDATE_BYTES:
        raise SlackError("msg_too_long")
    parts = validated_message(call.state, call.args)
    message.text, message.blocks, message.attachments = parts["text"], parts["blocks"], parts["attachments"]
    if parts["metadata"] is not None:
        message.metadata = parts["metadata"] or None
    message.edited = call.state.new_ts()
    message.broadcast = message.broadcast or bool(call.args.get("reply_broadcast"))
    call.state.notify("updated", message)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.as_slack()}


@method("chat.delete", "chat:write")
async def delete(call: Call) -> Json:
    """Delete one of the bot's messages."""
    message = _own_message(call, "cant_delete_message")
    call.state.remove(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink")
async def permalink(call: Call) -> Json:
    """The address of a message on the workspace's web page: in its thread, as in Slack."""
    channel = call.channel(joined=False)
    message = call.state.find_message(channel.id, call.require("message_ts"))
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    thread = message.thread_ts or message.ts
    return {"channel": channel.id, "permalink": f"{call.state.address}/?thread={thread}&message={message.ts}"}


def _own_message(call: Call, error: str) -> Message:
    channel = call.channel(joined=False)
    message = call.state.find_message(channel.id, call.require("ts", "message_not_found"))
    if message is None or message.only_for:
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(error)
    return message


def _thread(call: Call, channel: str) -> str | None:
    """The thread to post in. Refuses the ts of a reply, more strictly than Slack, so that the mistake is found.

    A deleted message without replies has no thread any more: as in Slack, the answer is then posted to the channel.
    """
    ts = str(call.args.get("thread_ts") or "")
    if not ts:
        return None
    if (channel, ts) in call.state.removed:
        return ts if call.state.has_thread(channel, ts) else None
    parent = call.state.find_message(channel, ts)
    if parent is None or parent.only_for or parent.thread_ts not in (None, parent.ts):
        raise SlackError("thread_not_found")
    return parent.ts

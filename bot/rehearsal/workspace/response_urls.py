"""Response URLs: up to five answers to an action, in the channel or visible to one person only."""

from __future__ import annotations

from aiohttp import web

from bot.rehearsal.workspace.api.message_validation import validated_message
from bot.rehearsal.workspace.interaction_tokens import ResponseUrl
from bot.rehearsal.workspace.method_registry import SlackError
from bot.rehearsal.workspace.slack_objects import Json, Message
from bot.rehearsal.workspace.workspace_state import BOT_ID, BOT_USER, WorkspaceState


async def handle_post(state: WorkspaceState, request: web.Request) -> web.Response:
    """Answer one POST to a response URL."""
    url = state.tokens.response_urls.get(request.match_info["name"])
    if state.faults.outage:
        return web.Response(status=503, text="Service Unavailable")
    refusal = url.use() if url else "invalid_url"
    if url is None or refusal:
        return web.Response(status=404, text=refusal)
    try:
        post_response(state, url, await request.json())
    except SlackError as error:
        return web.Response(status=400, text=error.error)
    return web.Response(text="ok")


def post_response(state: WorkspaceState, url: ResponseUrl, response: Json) -> Message | None:
    """Delete or replace the message whose button was pressed, or post a new one; a command's answer is always new.

    Raises SlackError for a message that Slack would refuse.
    """
    original = state.find_message(url.channel, url.message_ts)
    if response.get("delete_original"):
        if original:
            state.remove(original)
        return None
    parts = validated_message(state, response)
    if response.get("replace_original") and original:
        original.text, original.blocks, original.attachments = parts["text"], parts["blocks"], parts["attachments"]
        original.edited = state.new_ts()
        state.notify("updated", original)
        return original
    only_for = "" if response.get("response_type") == "in_channel" else url.person
    message = Message(url.channel, state.new_ts(), BOT_USER, only_for=only_for, bot_id=BOT_ID, **parts)
    message.thread_ts = response.get("thread_ts") or None
    return state.post(message)

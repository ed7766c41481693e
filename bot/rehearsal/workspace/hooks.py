"""Response URLs: up to five answers to an act, in the channel or for the one person only."""

from __future__ import annotations

from aiohttp import web

from bot.rehearsal.workspace.api.posts import checked
from bot.rehearsal.workspace.methods import SlackError
from bot.rehearsal.workspace.passes import Hook
from bot.rehearsal.workspace.records import Json, Message
from bot.rehearsal.workspace.team import BOT_ID, BOT_USER, Team


async def answer(team: Team, request: web.Request) -> web.Response:
    """Take one answer sent to a response URL."""
    hook = team.passes.hooks.get(request.match_info["name"])
    if team.faults.outage:
        return web.Response(status=503, text="Service Unavailable")
    refusal = hook.take() if hook else "invalid_url"
    if hook is None or refusal:
        return web.Response(status=404, text=refusal)
    try:
        speak(team, hook, await request.json())
    except SlackError as error:
        return web.Response(status=400, text=error.error)
    return web.Response(text="ok")


def speak(team: Team, hook: Hook, said: Json) -> Message | None:
    """Do what an answer says: delete or replace the message pressed, or post a new one. A command's answer is always new.

    Raises SlackError in Slack's words.
    """
    pressed = team.find(hook.channel, hook.message_ts)
    if said.get("delete_original"):
        if pressed:
            team.remove(pressed)
        return None
    parts = checked(team, said)
    if said.get("replace_original") and pressed:
        pressed.text, pressed.blocks, pressed.attachments = parts["text"], parts["blocks"], parts["attachments"]
        pressed.edited = team.new_ts()
        team.tell("updated", pressed)
        return pressed
    only_for = "" if said.get("response_type") == "in_channel" else hook.person
    message = Message(hook.channel, team.new_ts(), BOT_USER, only_for=only_for, bot_id=BOT_ID, **parts)
    message.thread_ts = said.get("thread_ts") or None
    return team.post(message)

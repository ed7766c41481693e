"""The workspace's web page: its files, what a person sees, changes, user actions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from aiohttp import web

from bot.rehearsal.workspace.slack_objects import Channel, Json, Message, Reply
from bot.rehearsal.workspace.user_actions import UserActions
from bot.rehearsal.workspace.workspace_state import BOT_USER, WorkspaceState

FILES = Path(__file__).parent / "page"
STREAM_SECONDS = 0.1
"""The shortest time between two notifications of a page."""


class WebPage:
    """The routes of the web page."""

    def __init__(self, state: WorkspaceState, actions: UserActions) -> None:
        self._state = state
        self._actions = actions
        self._streams: set[asyncio.Event] = set()
        self._stopping = False
        state.change_listeners.append(self._notify_streams)

    def add_to(self, app: web.Application) -> None:
        """Add the page's routes."""
        app.router.add_get("/", self._index)
        app.router.add_static("/page", FILES)
        app.router.add_get("/snapshot", self._snapshot)
        app.router.add_get("/changes", self._changes)
        app.router.add_get("/files/{file}", self._download)
        app.router.add_post("/upload/{file}", self._upload)
        for name in ("command", "press", "shortcut", "submit", "dismiss", "say", "home"):
            app.router.add_post(f"/actions/{name}", self._handler(getattr(self, f"_{name}")))

    def stop(self) -> None:
        """End the streams of changes."""
        self._stopping = True
        self._notify_streams()

    def _notify_streams(self) -> None:
        for stream in self._streams:
            stream.set()

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(FILES / "index.html", headers={"Cache-Control": "no-store"})

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        stream = asyncio.Event()
        self._streams.add(stream)
        try:
            while not self._stopping:
                await response.write(b"data: changed\n\n")
                await asyncio.sleep(STREAM_SECONDS)
                await stream.wait()
                stream.clear()
        except ConnectionError:
            return response  # the page was closed
        finally:
            self._streams.discard(stream)
        return response

    async def _snapshot(self, request: web.Request) -> web.Response:
        person = request.query.get("person", "")
        state = self._state
        if person not in state.people:
            person = next(iter(state.people))
        channels = [channel for channel in state.channels.values() if person in channel.members]
        ids = {channel.id for channel in channels}
        messages = [
            message for message in state.messages if message.channel in ids and message.only_for in ("", person)
        ]
        home = state.home_tabs.get(person)
        views = state.view_stacks.get(person, [])
        return web.json_response(
            {
                "person": person,
                "people": [asdict(one) for one in state.people.values()],
                "bot": {"id": BOT_USER, "name": state.bot_name},
                "groups": state.groups,
                "commands": list(state.commands),
                "shortcuts": state.shortcuts,
                "channels": [_channel(channel) for channel in channels],
                "messages": [_message(message) for message in messages],
                "views": [view.as_slack() | {"errors": view.errors} for view in views],
                "home": home.as_slack() if home else None,
            }
        )

    async def _download(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        if name not in self._state.file_contents:
            raise web.HTTPNotFound
        mimetype = self._state.files[name]["mimetype"]
        charset = "utf-8" if mimetype.startswith("text/") else None
        return web.Response(body=self._state.file_contents[name], content_type=mimetype, charset=charset)

    async def _upload(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        if name not in self._state.files:
            raise web.HTTPNotFound
        if request.content_type == "multipart/form-data":
            parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
            content = parts[0].file.read() if parts else b""
        else:
            content = await request.read()
        self._state.file_contents[name] = content
        self._state.files[name]["size"] = len(content)
        return web.Response(text=f"OK - {len(content)}")

    @staticmethod
    def _handler(action: Callable[[Json], Awaitable[Reply]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                return web.json_response(asdict(await action(await request.json())))
            except ValueError as error:
                refusal = Reply(acked=False, error="gone", text=f"It is no longer there: {error}.")
                return web.json_response(asdict(refusal))

        return handle

    async def _command(self, body: Json) -> Reply:
        return await self._actions.command(body["person"], body["text"], self._state.channels[body["channel"]])

    async def _press(self, body: Json) -> Reply:
        return await self._actions.press(
            body["person"], body["place"], body["action_id"], body.get("value"), body.get("values") or {}
        )

    async def _shortcut(self, body: Json) -> Reply:
        return await self._actions.use_shortcut(body["person"], body["place"], body["callback_id"])

    async def _submit(self, body: Json) -> Reply:
        return await self._actions.submit(body["person"], body["view_id"], body["values"])

    async def _dismiss(self, body: Json) -> Reply:
        return await self._actions.dismiss(body["person"], body["view_id"], every=bool(body.get("every")))

    async def _say(self, body: Json) -> Reply:
        channel = self._state.channels[body["channel"]]
        self._actions.say(body["person"], body["text"], channel, body.get("thread_ts"))
        return Reply(acked=True)

    async def _home(self, body: Json) -> Reply:
        self._actions.open_home(body["person"])
        return Reply(acked=True)


def _channel(channel: Channel) -> Json:
    fields = {"id": channel.id, "name": channel.name, "is_im": channel.is_im, "topic": channel.topic}
    return {**fields, "members": len(channel.members)}


def _message(message: Message) -> Json:
    fields = {"only_for": message.only_for, "broadcast": message.broadcast, "pinned": message.pinned}
    return message.as_slack() | fields | {"channel": message.channel}

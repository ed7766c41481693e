"""The workspace's web page: its files, what a person sees as JSON, a live stream of changes, and the person's acts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from aiohttp import web

from bot.rehearsal.workspace.acts import Acts
from bot.rehearsal.workspace.records import Channel, Json, Message, Reply
from bot.rehearsal.workspace.team import BOT_USER, Team

FILES = Path(__file__).parent / "page"
QUIET_SECONDS = 0.1
"""A page is told of changes at most this often."""


class Pages:
    """The routes of the web page."""

    def __init__(self, team: Team, acts: Acts) -> None:
        self._team = team
        self._acts = acts
        self._streams: set[asyncio.Event] = set()
        self._stopping = False
        team.watchers.append(self._wake)

    def add_to(self, app: web.Application) -> None:
        """Add the page's routes."""
        app.router.add_get("/", self._index)
        app.router.add_static("/page", FILES)
        app.router.add_get("/seen", self._seen)
        app.router.add_get("/live", self._live)
        app.router.add_get("/files/{file}", self._file)
        app.router.add_post("/upload/{file}", self._upload)
        for name in ("command", "press", "submit", "dismiss", "say", "home"):
            app.router.add_post(f"/act/{name}", self._acting(getattr(self, f"_{name}")))

    def stop(self) -> None:
        """End the live streams."""
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        for stream in self._streams:
            stream.set()

    async def _index(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(FILES / "index.html", headers={"Cache-Control": "no-store"})

    async def _live(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        stream = asyncio.Event()
        self._streams.add(stream)
        try:
            while not self._stopping:
                await response.write(b"data: changed\n\n")
                await asyncio.sleep(QUIET_SECONDS)
                await stream.wait()
                stream.clear()
        except ConnectionError:
            return response  # the page was closed
        finally:
            self._streams.discard(stream)
        return response

    async def _seen(self, request: web.Request) -> web.Response:
        person = request.query.get("person", "")
        team = self._team
        if person not in team.people:
            person = next(iter(team.people))
        channels = [one for one in team.channels.values() if person in one.members]
        names = {one.id for one in channels}
        messages = [one for one in team.messages if one.channel in names and one.only_for in ("", person)]
        home = team.homes.get(person)
        views = team.stacks.get(person, [])
        return web.json_response(
            {
                "person": person,
                "people": [asdict(one) for one in team.people.values()],
                "bot": {"id": BOT_USER, "name": team.bot_name},
                "groups": team.groups,
                "commands": list(team.commands),
                "channels": [_channel(one) for one in channels],
                "messages": [_message(one) for one in messages],
                "views": [one.as_slack() | {"errors": one.errors} for one in views],
                "home": home.as_slack() if home else None,
            }
        )

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        if name not in self._team.contents:
            raise web.HTTPNotFound
        kind = self._team.files[name]["mimetype"]
        charset = "utf-8" if kind.startswith("text/") else None
        return web.Response(body=self._team.contents[name], content_type=kind, charset=charset)

    async def _upload(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        if name not in self._team.files:
            raise web.HTTPNotFound
        if request.content_type == "multipart/form-data":
            parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
            content = parts[0].file.read() if parts else b""
        else:
            content = await request.read()
        self._team.contents[name] = content
        self._team.files[name]["size"] = len(content)
        return web.Response(text=f"OK - {len(content)}")

    @staticmethod
    def _acting(act: Callable[[Json], Awaitable[Reply]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                return web.json_response(asdict(await act(await request.json())))
            except ValueError as error:
                refusal = Reply(acked=False, error="gone", text=f"That is no longer there: {error}.")
                return web.json_response(asdict(refusal))

        return handle

    async def _command(self, act: Json) -> Reply:
        return await self._acts.command(act["person"], act["text"], self._team.channels[act["channel"]])

    async def _press(self, act: Json) -> Reply:
        return await self._acts.press(
            act["person"], act["place"], act["action_id"], act.get("value"), act.get("values") or {}
        )

    async def _submit(self, act: Json) -> Reply:
        return await self._acts.submit(act["person"], act["view_id"], act["values"])

    async def _dismiss(self, act: Json) -> Reply:
        return await self._acts.dismiss(act["person"], act["view_id"], every=bool(act.get("every")))

    async def _say(self, act: Json) -> Reply:
        channel = self._team.channels[act["channel"]]
        self._acts.say(act["person"], act["text"], channel, act.get("thread_ts"))
        return Reply(acked=True)

    async def _home(self, act: Json) -> Reply:
        self._acts.event({"type": "app_home_opened", "user": act["person"], "tab": "home"})
        return Reply(acked=True)


def _channel(channel: Channel) -> Json:
    about = {"id": channel.id, "name": channel.name, "is_im": channel.is_im, "topic": channel.topic}
    return {**about, "members": len(channel.members)}


def _message(message: Message) -> Json:
    mine = {"only_for": message.only_for, "broadcast": message.broadcast, "pinned": message.pinned}
    return message.as_slack() | mine | {"channel": message.channel}

"""The workspace as one object: start it, act in it as its people, look at it, and make things go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from aiohttp import web

from bot.rehearsal.workspace import gate, hooks
from bot.rehearsal.workspace.acts import Acts, Values
from bot.rehearsal.workspace.calls import Calls
from bot.rehearsal.workspace.delivery import HttpDelivery
from bot.rehearsal.workspace.faults import Faults
from bot.rehearsal.workspace.pages import Pages
from bot.rehearsal.workspace.records import Channel, Message, Person, Reply, View
from bot.rehearsal.workspace.sockets import Sockets
from bot.rehearsal.workspace.team import BOT_USER, Listener, Team

SCOPES = (
    *("channels:history", "channels:join", "channels:read", "groups:history", "im:history", "im:read", "im:write"),
    *("chat:write", "commands", "files:read", "files:write", "pins:write", "reactions:write"),
    *("app_mentions:read", "usergroups:read", "users:read"),
)
MOST_UPLOAD = 50_000_000


class Workspace:
    """A Slack workspace on loopback with one channel, its people and one bot."""

    def __init__(  # noqa: PLR0913  every setting has a default, and a test names the one it is about
        self,
        people: Sequence[Person],
        channel: str = "C01DEPLOY",
        channel_name: str = "deploys",
        *,
        commands: Sequence[str] = ("/deploy",),
        bot_name: str = "gonogo",
        port: int = 0,
        strict_rate_limits: bool = False,
        scopes: Iterable[str] = SCOPES,
        groups: Mapping[str, Sequence[str]] | None = None,
        request_url: str = "",
        signing_secret: str = "",
    ) -> None:
        members = {person.id for person in people} | {BOT_USER}
        self.team = Team(
            people={person.id: person for person in people},
            channels={channel: Channel(channel, channel_name, members)},
            bot_name=bot_name,
            commands=commands,
            scopes=frozenset(scopes),
            groups={name: list(users) for name, users in (groups or {}).items()},
            strict_rate_limits=strict_rate_limits,
        )
        self.sockets = Sockets(self.team)
        self.faults.on_cut.append(self.sockets.cut)
        self.faults.on_silence.append(self.sockets.silence)
        delivery = HttpDelivery(request_url, signing_secret) if request_url else self.sockets
        self._acts = Acts(self.team, delivery)
        self._pages = Pages(self.team, self._acts)
        self._channel = channel
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address of the web page."""
        return f"{self.team.address}/"

    @property
    def api_url(self) -> str:
        """What the bot takes as SLACK_API_URL."""
        return f"{self.team.address}/api/"

    @property
    def bot_token(self) -> str:
        """The token of the Web API."""
        return self.team.bot_token

    @property
    def app_token(self) -> str:
        """The token of Socket Mode."""
        return self.team.app_token

    @property
    def faults(self) -> Faults:
        """What goes wrong."""
        return self.team.faults

    @property
    def calls(self) -> list[tuple[float, str, bool]]:
        """Every call of the Web API so far: monotonic time in seconds, method, whether it was answered with ok."""
        return self.team.calls.made

    @property
    def call_counts(self) -> Calls:
        """The same calls, with `highest_rate(method)` a minute."""
        return self.team.calls

    async def start(self) -> None:
        """Begin to serve, on loopback only."""
        app = web.Application(client_max_size=MOST_UPLOAD)
        app.router.add_route("*", "/api/{method}", partial(gate.answer, self.team))
        app.router.add_post("/hooks/{name}", partial(hooks.answer, self.team))
        app.router.add_get("/link", self.sockets.serve)
        self._pages.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.team.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop serving, and drop who is still connected."""
        self.sockets.cut()
        self._pages.stop()
        if self._runner:
            await self._runner.cleanup()

    async def connected(self, timeout: float = 10) -> None:
        """Wait until the bot has a socket open.

        Raises TimeoutError.
        """
        async with asyncio.timeout(timeout):
            while not len(self.sockets):
                await asyncio.sleep(0.01)

    async def command(self, person: str, text: str, channel: str | None = None) -> Reply:
        """Type a slash command as a person."""
        return await self._acts.command(person, text, self.team.channels[channel or self._channel])

    async def press(self, person: str, message_ts: str, action_id: str, *, value: str | None = None) -> Reply:
        """Press a button of a message (or a view, by its id), its confirm dialog answered with yes; `value` picks an option.

        Raises ValueError when it is not there.
        """
        return await self._acts.press(person, message_ts, action_id, value, {})

    async def submit(self, person: str, view_id: str, values: Values) -> Reply:
        """Hand in the modal on top; what a field's value is not given for keeps what it began with.

        Raises ValueError for a modal or a field that is not there.
        """
        return await self._acts.submit(person, view_id, values)

    async def dismiss(self, person: str, view_id: str, *, every: bool = False) -> Reply:
        """Close the modal on top, or `every` one."""
        return await self._acts.dismiss(person, view_id, every=every)

    def say(self, person: str, text: str, channel: str | None = None, thread_ts: str | None = None) -> Message:
        """Write a plain message as a person."""
        return self._acts.say(person, text, self.team.channels[channel or self._channel], thread_ts)

    def messages(self, channel: str | None = None) -> list[Message]:
        """All messages of a channel that everybody sees, replies too, oldest first."""
        return self.team.visible(channel or self._channel)

    def thread(self, ts: str) -> list[Message]:
        """A message and its replies, oldest first."""
        return [one for one in self.team.messages if not one.only_for and ts in (one.ts, one.thread_ts)]

    def views(self, person: str) -> list[View]:
        """The modals open for a person, the one on top last."""
        return list(self.team.stacks.get(person, []))

    def ephemerals(self, person: str) -> list[Message]:
        """The messages only this person sees, oldest first."""
        return [one for one in self.team.messages if one.only_for == person]

    def on_message(self, callback: Listener) -> None:
        """Have `callback(message, change)` called for each message "posted", "updated" or "deleted"."""
        self.team.listeners.append(callback)

    async def wait_for(self, predicate: Callable[[Message], bool], timeout: float) -> Message:
        """The newest message, as it is now or as soon as there is one, for which the predicate holds.

        Raises TimeoutError.
        """
        for message in reversed(self.team.messages):
            if predicate(message):
                return message
        found: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def look(message: Message, change: str) -> None:
            if change != "deleted" and not found.done() and predicate(message):
                found.set_result(message)

        self.team.listeners.append(look)
        try:
            return await asyncio.wait_for(found, timeout)
        finally:
            self.team.listeners.remove(look)

"""The workspace server as one object: start it, act as its users, switch on faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from bot.rehearsal.workspace import api_endpoint, response_urls
from bot.rehearsal.workspace.delivery import Delivery, HttpDelivery
from bot.rehearsal.workspace.faults import Faults
from bot.rehearsal.workspace.rate_limits import RateLimiter
from bot.rehearsal.workspace.slack_objects import Channel, Message, Person, Reply, View
from bot.rehearsal.workspace.socket_mode import Sockets
from bot.rehearsal.workspace.user_actions import UserActions, Values
from bot.rehearsal.workspace.web_page import WebPage
from bot.rehearsal.workspace.workspace_state import BOT_USER, Listener, WorkspaceState
from bot.tools.listener import close_listener, protocols_of

SCOPES = (
    *("channels:history", "channels:join", "channels:read", "groups:history", "groups:read"),
    *("im:history", "im:read", "im:write"),
    *("chat:write", "commands", "files:read", "files:write", "pins:write", "reactions:write"),
    *("app_mentions:read", "usergroups:read", "users:read"),
)
MOST_UPLOAD = 50_000_000  # bytes


class Workspace:
    """A Slack workspace on loopback with one channel, its people and one bot.

    `outsiders` are known to the workspace and not in the channel. `enterprise` is its Enterprise Grid organization.
    The bot connects over Socket Mode or, with a `request_url`, over HTTP with the `signing_secret`.
    """

    def __init__(  # noqa: PLR0913  every setting has a default; a test names the one that it needs
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
        outsiders: Sequence[Person] = (),
        enterprise: str = "",
    ) -> None:
        members = {person.id for person in people} | {BOT_USER}
        self.state = WorkspaceState(
            people={person.id: person for person in (*people, *outsiders)},
            enterprise=enterprise,
            channels={channel: Channel(channel, channel_name, members)},
            bot_name=bot_name,
            commands=commands,
            scopes=frozenset(scopes),
            groups={name: list(users) for name, users in (groups or {}).items()},
            strict_rate_limits=strict_rate_limits,
        )
        self.sockets = Sockets(self.state)
        self.faults.on_cut.append(self.sockets.cut)
        self.faults.on_silence.append(self.sockets.silence)
        delivery = HttpDelivery(request_url, signing_secret) if request_url else self.sockets
        self._actions = UserActions(self.state, delivery)
        self._page = WebPage(self.state, self._actions)
        self._channel = channel
        self._port = port
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    def deliver_by(self, delivery: Delivery) -> None:
        """Send what people do over another connection from now on."""
        self._actions.delivery = delivery

    @property
    def url(self) -> str:
        """The address of the web page."""
        return f"{self.state.address}/"

    @property
    def api_url(self) -> str:
        """The bot's SLACK_API_URL."""
        return f"{self.state.address}/api/"

    @property
    def bot_token(self) -> str:
        """The bot's SLACK_BOT_TOKEN, for the Web API."""
        return self.state.bot_token

    @property
    def app_token(self) -> str:
        """The bot's SLACK_APP_TOKEN, for Socket Mode."""
        return self.state.app_token

    @property
    def faults(self) -> Faults:
        """The faults, to switch on and off."""
        return self.state.faults

    @property
    def calls(self) -> list[tuple[float, str, bool]]:
        """Every call of the Web API so far: (monotonic time in seconds, method, answered with ok)."""
        return self.state.rate_limiter.calls

    @property
    def rate_limiter(self) -> RateLimiter:
        """The same calls, with their rates and the refused ones."""
        return self.state.rate_limiter

    async def start(self) -> None:
        """Start the server, on loopback only."""
        app = web.Application(client_max_size=MOST_UPLOAD)
        app.router.add_route("*", "/api/{method}", partial(api_endpoint.handle_call, self.state))
        app.router.add_post("/hooks/{name}", partial(response_urls.handle_post, self.state))
        app.router.add_get("/link", self.sockets.serve)
        self._page.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        protocols = protocols_of(self._runner)
        self._listener = await asyncio.get_running_loop().create_server(protocols, "127.0.0.1", self._port)
        self.state.address = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Stop the server and drop all connections."""
        self.sockets.cut()
        self._page.stop()
        if self._listener:
            await close_listener(self._listener)
        if self._runner:
            await self._runner.cleanup()

    async def connected(self, timeout: float = 10) -> None:
        """Wait until the bot has an open socket. Raises TimeoutError after so many seconds."""
        async with asyncio.timeout(timeout):
            while not len(self.sockets):
                await asyncio.sleep(0.01)

    def add_channel(self, name: str, members: Iterable[str], *, is_private: bool = False) -> None:
        """A further channel with its members; the bot is in it only when it is one of them."""
        self.state.channels[name] = Channel(name, name.lower(), set(members), is_private=is_private)

    def change_person(self, person: str, **changes: Any) -> None:
        """Change fields of a person, as when an account is deactivated or becomes a guest."""
        self.state.people[person] = replace(self.state.people[person], **changes)

    def join(self, person: str, channel: str | None = None) -> None:
        """A person comes into a channel, by default the first one."""
        self.state.channels[channel or self._channel].members.add(person)

    def leave(self, person: str, channel: str | None = None) -> None:
        """A person leaves a channel."""
        self.state.channels[channel or self._channel].members.discard(person)

    async def command(self, person: str, text: str, channel: str | None = None) -> Reply:
        """Type a slash command as a person, in the first channel unless another is named."""
        return await self._actions.command(person, text, self.state.channels[channel or self._channel])

    async def press(self, person: str, message_ts: str, action_id: str, *, value: str | None = None) -> Reply:
        """Press a button of a message (or of a view, by its id) and confirm it; `value` picks an option of a menu.

        Raises ValueError when the button is not there.
        """
        return await self._actions.press(person, message_ts, action_id, value, {})

    async def use_shortcut(self, person: str, message_ts: str, callback: str = "note_for_report") -> Reply:
        """Use a shortcut of the app from the menu of a message."""
        return await self._actions.use_shortcut(person, message_ts, callback)

    async def submit(self, person: str, view_id: str, values: Values) -> Reply:
        """Submit the top modal; a field without a value here keeps its initial value.

        Raises ValueError for a modal or a field that is not there.
        """
        return await self._actions.submit(person, view_id, values)

    async def dismiss(self, person: str, view_id: str, *, every: bool = False) -> Reply:
        """Close the top modal, or `every` one."""
        return await self._actions.dismiss(person, view_id, every=every)

    def say(self, person: str, text: str, channel: str | None = None, thread_ts: str | None = None) -> Message:
        """Write a plain message as a person."""
        return self._actions.say(person, text, self.state.channels[channel or self._channel], thread_ts)

    def open_home(self, person: str) -> None:
        """Open the app's Home tab as a person."""
        self._actions.open_home(person)

    def home(self, person: str) -> View | None:
        """What a person's Home tab shows now; None before the bot has published it."""
        return self.state.home_tabs.get(person)

    def messages(self, channel: str | None = None) -> list[Message]:
        """All messages and replies of a channel that everybody sees, oldest first."""
        return self.state.public_messages(channel or self._channel)

    def thread(self, ts: str) -> list[Message]:
        """A message and its replies, oldest first."""
        return [
            message for message in self.state.messages if not message.only_for and ts in (message.ts, message.thread_ts)
        ]

    def views(self, person: str) -> list[View]:
        """A person's open modals, the top one last."""
        return list(self.state.view_stacks.get(person, []))

    def ephemerals(self, person: str) -> list[Message]:
        """The messages that only this person sees, oldest first."""
        return [message for message in self.state.messages if message.only_for == person]

    def on_message(self, callback: Listener) -> None:
        """Call `callback(message, change)` for each message that is "posted", "updated" or "deleted"."""
        self.state.message_listeners.append(callback)

    async def wait_for(self, predicate: Callable[[Message], bool], timeout: float) -> Message:
        """The newest message that fits the predicate, now or as soon as there is one. Raises TimeoutError."""
        for message in reversed(self.state.messages):
            if predicate(message):
                return message
        result: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def check(message: Message, change: str) -> None:
            if change != "deleted" and not result.done() and predicate(message):
                result.set_result(message)

        self.state.message_listeners.append(check)
        try:
            return await asyncio.wait_for(result, timeout)
        finally:
            self.state.message_listeners.remove(check)

"""HTTP mode: the port on which Slack's signed requests arrive, with limits for all others."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.settings import Settings
from bot.slack.accept_once import AcceptOnce, Answer
from bot.slack.presence import IsOpen
from bot.tools.listener import close_listener, protocols_of
from bot.tools.port_problem import port_problem
from commands.text.foreign_json import read_json
from state.errors import BadSettings

LOG = logging.getLogger("gonogo.slack")
PATH = "/slack/events"
TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
ARRIVAL_LIMIT = 5.0  # seconds in which a whole request must have arrived; Slack itself gives up after 3
LIFE_LIMIT = 15.0  # seconds after which a connection is cut, whatever it does; each carries one request
MOST_CONNECTIONS = 512
MOST_BODY = 1_000_000  # bytes; Slack's largest form has 250 kB


def require_port(settings: Settings) -> None:
    """Raise BadSettings if the address of HTTP mode cannot be used, as when another program listens there."""
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    try:
        with socket.socket(family) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as asyncio does
            listening.bind((settings.http_host, settings.port))
    except OSError as error:
        raise _port_problem(settings, error) from None


@asynccontextmanager
async def http_port(app: AsyncApp, settings: Settings) -> AsyncIterator[IsOpen]:
    """Listen for Slack inside the block. Raises BadSettings if the address cannot be used."""
    application = web.Application(client_max_size=MOST_BODY)
    application.router.add_post(PATH, Requests(app, settings.signing_secret).handle)
    application.on_response_prepare.append(_end_after)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    host, port, connections = settings.http_host, settings.port, Connections(protocols_of(runner))
    try:
        listening = await asyncio.get_running_loop().create_server(connections.new, host, port)
    except OSError as error:
        await runner.cleanup()
        raise _port_problem(settings, error) from None
    LOG.info("listening for Slack on %s port %s at %s", host, port, PATH)

    async def is_open() -> bool:
        return listening.is_serving()

    try:
        yield is_open
    finally:
        await close_listener(listening)
        await runner.cleanup()


def _port_problem(settings: Settings, error: OSError) -> BadSettings:
    return port_problem(("GONOGO_HTTP_HOST", settings.http_host), ("GONOGO_PORT", settings.port), error)


async def _end_after(_: web.Request, response: web.StreamResponse) -> None:
    response.force_close()


class Requests:
    """Hands each request with Slack's signature to Bolt, once."""

    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)
        self._once = AcceptOnce()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; 401 without a valid signature."""
        body = await request.read()
        if isinstance(request.protocol, Connection):
            request.protocol.arrived()
        if not self._is_signed(body, request):
            return web.Response(status=401, text="invalid request")
        status, headers, text = await self._once.answer(body, lambda: self._dispatch(body, request))
        return web.Response(status=status, headers=headers, text=text)

    def _is_signed(self, body: bytes, request: web.Request) -> bool:
        timestamp = request.headers.get(TIMESTAMP, "")
        signature = request.headers.get(SIGNATURE, "")
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12 and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False

    async def _dispatch(self, body: bytes, request: web.Request) -> Answer:
        # Slack signs the body and the time, so nothing else of the request may decide what it means
        text = body.decode()
        headers: dict[str, str | Sequence[str]] = {name: request.headers[name] for name in (TIMESTAMP, SIGNATURE)}
        headers["Content-Type"] = "application/json" if _is_json(text) else "application/x-www-form-urlencoded"
        answer = await self._app.async_dispatch(AsyncBoltRequest(body=text, headers=headers))
        return answer.status, answer.first_headers_without_set_cookie(), answer.body


def _is_json(text: str) -> bool:
    """Whether a body is a JSON object, as Slack's events are; commands and presses are forms."""
    try:
        return isinstance(read_json(text), dict)
    except ValueError:
        return False


class Connection(RequestHandler):
    """One connection, which carries one request and then ends."""

    __slots__ = ("_connections", "_limit")

    def __init__(self, connections: Connections, server: web.Server) -> None:
        # what is compressed is not unpacked: Slack sends nothing compressed, and the signature is for the bytes sent
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            auto_decompress=False,
            lingering_time=1.0,
        )
        self._connections = connections
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room, and count the time."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._limit = loop.call_later(ARRIVAL_LIMIT, self.abort)
        self._connections.add(self)

    def arrived(self) -> None:
        """The whole request is here. From now on it waits for the bot, no longer for the other side."""
        if not self._connections.arrived(self):
            return  # it was cut while its request waited to be read
        if self._limit:
            self._limit.cancel()
        self._limit = asyncio.get_running_loop().call_later(LIFE_LIMIT, self.abort)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The end, from either side."""
        if self._limit:
            self._limit.cancel()
        self._connections.remove(self)
        super().connection_lost(exc)

    def abort(self) -> None:
        """Cut the connection."""
        if self.transport is not None:
            self.transport.abort()


class Connections:
    """All open connections. A new one over the limit takes the place of the oldest that has sent no whole request.

    So whoever opens connections and sends nothing cannot keep Slack out.
    """

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self._arriving: dict[Connection, None] = {}
        self._working: set[Connection] = set()

    def new(self) -> Connection:
        """The protocol of a new connection."""
        return Connection(self, self._server)

    def add(self, connection: Connection) -> None:
        """Count a new connection; make room for it."""
        self._arriving[connection] = None
        if len(self._arriving) + len(self._working) > MOST_CONNECTIONS:
            oldest = next(iter(self._arriving))
            self.remove(oldest)  # at once: its end is told to it later, after what else arrived with it
            oldest.abort()

    def arrived(self, connection: Connection) -> bool:
        """A connection has sent its whole request. False if it has ended, or has to make room."""
        if connection not in self._arriving:
            return False
        del self._arriving[connection]
        self._working.add(connection)
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        self._arriving.pop(connection, None)
        self._working.discard(connection)

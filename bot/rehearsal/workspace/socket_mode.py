"""Socket Mode: one-time addresses, hello, envelopes that need an ack, and disconnects."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.rehearsal.workspace.delivery import ACK_SECONDS, Kind, NotAckedError
from bot.rehearsal.workspace.method_registry import Call, SlackError, method
from bot.rehearsal.workspace.slack_objects import Json
from bot.rehearsal.workspace.workspace_state import APP_ID, WorkspaceState

MOST_SOCKETS = 10
APPROXIMATE_SECONDS = 18_060


@method("apps.connections.open", for_app=True)
async def open_connection(call: Call) -> Json:
    """Return an address that opens one socket, once."""
    if call.state.faults.refuse_sockets:
        raise SlackError("internal_error")
    ticket = secrets.token_hex(16)
    call.state.tickets.add(ticket)
    address = call.address.replace("http://", "ws://", 1)
    return {"url": f"{address}/link?ticket={ticket}&app_id={APP_ID}"}


@dataclass
class Sockets:
    """All open sockets of the bot. They get the payloads in turn."""

    state: WorkspaceState
    _open: dict[web.WebSocketResponse, web.Request] = field(default_factory=dict)
    _dead: set[web.WebSocketResponse] = field(default_factory=set)
    _acks: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _turn: itertools.count[int] = field(default_factory=itertools.count)

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket of the bot until it closes."""
        ticket = request.query.get("ticket", "")
        if self.state.faults.outage or ticket not in self.state.tickets or len(self._open) >= MOST_SOCKETS:
            return web.Response(status=503 if self.state.faults.outage else 408)
        self.state.tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self._open[socket] = request
        try:
            await self._send_hello(socket)
            await self._receive(socket)
        finally:
            self._open.pop(socket, None)
            self._dead.discard(socket)
        return socket

    async def deliver(self, kind: Kind, payload: Json) -> Json:
        """Send one envelope and return the content of its ack.

        Raises NotAckedError when no socket is open, or when no ack comes within three seconds.
        """
        name = secrets.token_hex(16)
        envelope: Json = {"envelope_id": name, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        ack = self._acks[name] = asyncio.get_running_loop().create_future()
        try:
            for _ in range(2 if self.state.faults.duplicate_envelopes else 1):
                await self._send(envelope)
            return await asyncio.wait_for(ack, ACK_SECONDS)
        except TimeoutError as error:
            raise NotAckedError("operation_timeout") from error
        finally:
            del self._acks[name]

    def cut(self) -> None:
        """Drop all sockets without a goodbye."""
        for request in list(self._open.values()):
            if request.transport:
                request.transport.abort()
        self._open.clear()

    def silence(self) -> None:
        """Send nothing more on the sockets that are open now."""
        self._dead.update(self._open)

    async def refresh(self) -> None:
        """Ask every socket to reconnect, as Slack does every few hours, and close it."""
        for socket in list(self._open):
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})
            await socket.close()

    async def _send(self, envelope: Json) -> None:
        sockets = list(self._open)
        if not sockets:
            raise NotAckedError("dispatch_failed")
        socket = sockets[next(self._turn) % len(sockets)]
        if self._is_silent(socket):
            return
        try:
            await socket.send_json(envelope)
        except ConnectionError as error:
            raise NotAckedError("dispatch_failed") from error

    async def _send_hello(self, socket: web.WebSocketResponse) -> None:
        debug = {"host": "rehearsal", "approximate_connection_time": APPROXIMATE_SECONDS}
        hello: Json = {"type": "hello", "num_connections": len(self._open), "debug_info": debug}
        await socket.send_json({**hello, "connection_info": {"app_id": APP_ID}})

    async def _receive(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if self._is_silent(socket):
                continue
            if message.type == WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self._take_ack(message.json())

    def _is_silent(self, socket: web.WebSocketResponse) -> bool:
        return self.state.faults.silent_sockets or socket in self._dead

    def _take_ack(self, message: Json) -> None:
        ack = self._acks.get(message.get("envelope_id", ""))
        if ack and not ack.done():
            ack.set_result(message.get("payload") or {})

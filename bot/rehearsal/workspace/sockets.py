"""Socket Mode: one-time addresses, hello, envelopes that want an ack, and goodbyes."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.rehearsal.workspace.delivery import ACK_SECONDS, Kind, NotAckedError
from bot.rehearsal.workspace.methods import Call, SlackError, method
from bot.rehearsal.workspace.records import Json
from bot.rehearsal.workspace.team import APP_ID, Team

MOST_SOCKETS = 10
APPROXIMATE_SECONDS = 18_060


@method("apps.connections.open", for_app=True)
async def open_connection(call: Call) -> Json:
    """An address for one socket, good once."""
    if call.team.faults.refuse_sockets:
        raise SlackError("internal_error")
    ticket = secrets.token_hex(16)
    call.team.tickets.add(ticket)
    address = call.team.address.replace("http://", "ws://", 1)
    return {"url": f"{address}/link?ticket={ticket}&app_id={APP_ID}"}


@dataclass
class Sockets:
    """All open sockets of the bot; any of them may get a payload."""

    team: Team
    _open: dict[web.WebSocketResponse, web.Request] = field(default_factory=dict)
    _dead: set[web.WebSocketResponse] = field(default_factory=set)
    _waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _turn: itertools.count[int] = field(default_factory=itertools.count)

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Speak to one socket of the bot until it goes."""
        ticket = request.query.get("ticket", "")
        if self.team.faults.outage or ticket not in self.team.tickets or len(self._open) >= MOST_SOCKETS:
            return web.Response(status=503 if self.team.faults.outage else 408)
        self.team.tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self._open[socket] = request
        try:
            await self._hello(socket)
            await self._listen(socket)
        finally:
            self._open.pop(socket, None)
            self._dead.discard(socket)
        return socket

    async def deliver(self, kind: Kind, payload: Json) -> Json:
        """Send one envelope and return what the ack holds.

        Raises NotAckedError when no socket is open or no ack comes within three seconds.
        """
        name = secrets.token_hex(16)
        envelope: Json = {"envelope_id": name, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        ack = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            for _ in range(2 if self.team.faults.duplicate_envelopes else 1):
                await self._send(envelope)
            return await asyncio.wait_for(ack, ACK_SECONDS)
        except TimeoutError as error:
            raise NotAckedError("operation_timeout") from error
        finally:
            del self._waiting[name]

    def cut(self) -> None:
        """Drop all sockets without a goodbye."""
        for request in list(self._open.values()):
            if request.transport:
                request.transport.abort()
        self._open.clear()

    def silence(self) -> None:
        """Say nothing more on the sockets that are open now."""
        self._dead.update(self._open)

    async def refresh(self) -> None:
        """Tell every socket that it should come again, as Slack does every few hours, and close it."""
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

    async def _hello(self, socket: web.WebSocketResponse) -> None:
        debug = {"host": "rehearsal", "approximate_connection_time": APPROXIMATE_SECONDS}
        hello: Json = {"type": "hello", "num_connections": len(self._open), "debug_info": debug}
        await socket.send_json({**hello, "connection_info": {"app_id": APP_ID}})

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if self._is_silent(socket):
                continue
            if message.type == WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self._take_ack(message.json())

    def _is_silent(self, socket: web.WebSocketResponse) -> bool:
        return self.team.faults.silent_sockets or socket in self._dead

    def _take_ack(self, ack: Json) -> None:
        waiting = self._waiting.get(ack.get("envelope_id", ""))
        if waiting and not waiting.done():
            waiting.set_result(ack.get("payload") or {})

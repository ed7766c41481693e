"""The front door: serves the page, hands /api/ on, and answers 503 in maintenance: `python -m ... FOLDER PORT API_URL`."""

from __future__ import annotations

import asyncio
import hmac
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.rehearsal.target.box import Box

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PASSED_ON = ("Authorization", "Content-Type", "Accept")
API_PATIENCE = aiohttp.ClientTimeout(total=60)


@dataclass
class Door:
    """One front door over the box's folder."""

    box: Box
    api_url: str
    bypass: str
    closed: bool = False

    @property
    def flag(self) -> Path:
        return self.box.srv / "maintenance.on"

    @property
    def slow(self) -> Path:
        """The file that says how many seconds the list of jobs takes longer, whichever version serves it."""
        return self.box.folder / "faults" / "slow-list"

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._keep_log, self._keep_closed])
        app.router.add_route("*", "/api/{rest:.*}", self._hand_on)
        app.router.add_get("/{path:.*}", self._page)
        app.cleanup_ctx.append(self._watch_flag)
        return app

    @web.middleware
    async def _keep_log(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began, status, size = time.monotonic(), 500, 0
        try:
            response = await handler(request)
            status, size = response.status, response.content_length or 0
        except web.HTTPException as refusal:
            status = refusal.status
            raise
        finally:
            with self.box.access_log.open("a") as log:
                log.write(combined(request, status, size, time.monotonic() - began))
        return response

    @web.middleware
    async def _keep_closed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        known = hmac.compare_digest(request.headers.get("X-Deploy-Bypass", ""), self.bypass)
        if self._is_closed() and not known:
            return web.json_response({"error": "Down for maintenance."}, status=503, headers={"Retry-After": "60"})
        return await handler(request)

    async def _hand_on(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        address = self.api_url + request.path_qs
        if (request.method, request.path) == ("GET", "/api/jobs") and self.slow.exists():
            await asyncio.sleep(float(self.slow.read_text()))
        try:
            async with (
                aiohttp.ClientSession(timeout=API_PATIENCE) as session,
                session.request(request.method, address, headers=headers, data=await request.read()) as answer,
            ):
                return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
        except (aiohttp.ClientError, TimeoutError):  # the API is down or too slow; the caller is told so
            return web.json_response({"error": "The API does not answer."}, status=502)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        root = (self.box.srv / "www" / self._served()).resolve()
        asked = (root / request.match_info["path"]).resolve()
        if asked.is_file() and asked.is_relative_to(root):
            return web.FileResponse(asked, headers={"Cache-Control": "no-cache"})
        if asked.suffix:
            raise web.HTTPNotFound
        return web.FileResponse(root / "index.html", headers={"Cache-Control": "no-cache"})

    def _served(self) -> str:
        """The folder that is served: the link's, or for a door that does not see the link change always the same release."""
        stale = self.box.folder / "faults" / "stale-page"
        return f"releases/{stale.read_text()}" if stale.exists() else "current"

    async def _watch_flag(self, _: web.Application) -> AsyncIterator[None]:
        watcher = asyncio.create_task(self._tell_changes())
        yield
        watcher.cancel()

    async def _tell_changes(self) -> None:
        while True:
            self._is_closed()
            await asyncio.sleep(0.05)

    def _is_closed(self) -> bool:
        """Whether maintenance is on now; a change since the last look goes into the audit."""
        if self.flag.exists() != self.closed:
            self.closed = not self.closed
            self.box.write_down("maintenance", on=self.closed)
        return self.closed


def combined(request: web.BaseRequest, status: int, size: int, seconds: float) -> str:
    """A line as nginx's format "combined" has it, with $request_time behind it."""
    sent = [request.headers.get(name, "-").replace('"', r"\x22") for name in ("Referer", "User-Agent")]
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S %z")
    asked = f"{request.method} {request.path_qs} HTTP/1.1"
    return f'{request.remote} - - [{stamp}] "{asked}" {status} {size} "{sent[0]}" "{sent[1]}" {seconds:.3f}\n'


def main(folder: str, port: str, api_url: str) -> None:
    """Serves until it is ended."""
    box = Box(Path(folder), Path(folder))
    door = Door(box, api_url, (box.keys / "bypass").read_text())
    web.run_app(door.app(), host="127.0.0.1", port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main(*sys.argv[1:4])

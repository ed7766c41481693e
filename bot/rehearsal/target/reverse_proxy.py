"""The target's reverse proxy: serves the page, forwards /api/, answers 503 in maintenance."""

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

from bot.rehearsal.target.host import Host

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FORWARDED_HEADERS = ("Authorization", "Content-Type", "Accept")
API_TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass
class ReverseProxy:
    """One proxy in front of the API at `api_url`; requests that carry the `bypass` token pass in maintenance too."""

    host: Host
    api_url: str
    bypass: str
    in_maintenance: bool = False

    @property
    def maintenance_flag(self) -> Path:
        """The file that switches maintenance on."""
        return self.host.srv / "maintenance.on"

    @property
    def slow_list(self) -> Path:
        """The fault file with the seconds that the list of jobs takes longer, in the old and the new version alike."""
        return self.host.folder / "faults" / "slow-list"

    def app(self) -> web.Application:
        """The web application."""
        app = web.Application(middlewares=[self._log_access, self._refuse_in_maintenance])
        app.router.add_route("*", "/api/{rest:.*}", self._forward_to_api)
        app.router.add_get("/{path:.*}", self._serve_page)
        app.cleanup_ctx.append(self._watch_maintenance)
        return app

    @web.middleware
    async def _log_access(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began, status, size = time.monotonic(), 500, 0
        try:
            response = await handler(request)
            status, size = response.status, response.content_length or 0
        except web.HTTPException as refusal:
            status = refusal.status
            raise
        finally:
            with self.host.access_log.open("a") as log:
                log.write(combined_log_line(request, status, size, time.monotonic() - began))
        return response

    @web.middleware
    async def _refuse_in_maintenance(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        may_pass = hmac.compare_digest(request.headers.get("X-Deploy-Bypass", ""), self.bypass)
        if self._check_maintenance() and not may_pass:
            return web.json_response({"error": "Down for maintenance."}, status=503, headers={"Retry-After": "60"})
        return await handler(request)

    async def _forward_to_api(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in FORWARDED_HEADERS if name in request.headers}
        address = self.api_url + request.path_qs
        if (request.method, request.path) == ("GET", "/api/jobs") and self.slow_list.exists():
            await asyncio.sleep(float(self.slow_list.read_text()))
        try:
            async with (
                aiohttp.ClientSession(timeout=API_TIMEOUT) as session,
                session.request(request.method, address, headers=headers, data=await request.read()) as answer,
            ):
                return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)
        except (aiohttp.ClientError, TimeoutError):  # the API is down or too slow
            return web.json_response({"error": "The API does not answer."}, status=502)

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        root = (self.host.srv / "www" / self._served_folder()).resolve()
        file = (root / request.match_info["path"]).resolve()
        if file.is_file() and file.is_relative_to(root):
            return web.FileResponse(file, headers={"Cache-Control": "no-cache"})
        if file.suffix:
            raise web.HTTPNotFound
        return web.FileResponse(root / "index.html", headers={"Cache-Control": "no-cache"})

    def _served_folder(self) -> str:
        """The target of the `current` link; with the stale-page fault the same release for ever."""
        stale_page = self.host.folder / "faults" / "stale-page"
        return f"releases/{stale_page.read_text()}" if stale_page.exists() else "current"

    async def _watch_maintenance(self, _: web.Application) -> AsyncIterator[None]:
        watcher = asyncio.create_task(self._poll_maintenance())
        yield
        watcher.cancel()

    async def _poll_maintenance(self) -> None:
        while True:
            self._check_maintenance()
            await asyncio.sleep(0.05)

    def _check_maintenance(self) -> bool:
        """Whether maintenance is on now. Each change is written to the audit log."""
        if self.maintenance_flag.exists() != self.in_maintenance:
            self.in_maintenance = not self.in_maintenance
            self.host.write_audit("maintenance", on=self.in_maintenance)
        return self.in_maintenance


def combined_log_line(request: web.BaseRequest, status: int, size: int, seconds: float) -> str:
    """A line in nginx's "combined" format, with $request_time at its end."""
    referer, agent = (request.headers.get(name, "-").replace('"', r"\x22") for name in ("Referer", "User-Agent"))
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S %z")
    first_line = f"{request.method} {request.path_qs} HTTP/1.1"
    return f'{request.remote} - - [{stamp}] "{first_line}" {status} {size} "{referer}" "{agent}" {seconds:.3f}\n'


def main(folder: str, port: str, api_url: str) -> None:
    """Serve until the process is stopped. The bypass token comes from a file, so that no process list shows it."""
    host = Host(Path(folder), Path(folder))
    proxy = ReverseProxy(host, api_url, (host.keys / "bypass").read_text())
    web.run_app(proxy.app(), host="127.0.0.1", port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main(*sys.argv[1:4])

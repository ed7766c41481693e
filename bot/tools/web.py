"""The web tool: HTTP requests over httpx, with a deadline for the whole answer."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping

import httpx

from bot.tools.page_texts import header, json_body, resolve, url_path
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.web import USER_AGENT, HttpRequest, HttpResponse
from state.errors import Down, LostTrack, Unreachable

MAX_BODY = 1024 * 1024  # bytes of an answer that are read
TCP_CONNECTED = "connection.connect_tcp.complete"  # httpcore's trace event for an accepted connection


class HttpWeb:
    """`commands.ports.web.Web` over httpx. Each thread has its own client: threads would queue for a shared one."""

    def __init__(self, webs: Mapping[str, WebPlace], environ: Mapping[str, str], redact: Redactor) -> None:
        self._webs = webs
        self._environ = environ
        self._redact = redact
        self._local = threading.local()
        self._clients: list[httpx.Client] = []

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        """See `commands.ports.web.Web.request`."""
        url = resolve(self._webs[place].url, self._environ).rstrip("/") + url_path(call.path, self._environ)
        headers = {name: header(name, value, self._environ) for name, value in call.headers.items()}
        events: list[str] = []
        began = time.monotonic()
        try:
            with self._client().stream(
                call.method,
                url,
                headers=headers,
                json=json_body(call.json, self._environ),
                timeout=call.limit,
                extensions={"trace": lambda event, _: events.append(event)},
            ) as response:
                body = self._body(response, began + call.limit)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise Unreachable(f"“{place}” cannot be reached: its address is not a web address.") from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _not_connected(place, httpx.URL(url), error, TCP_CONNECTED in events) from None
        except (httpx.HTTPError, _TooSlow) as error:
            late = isinstance(error, httpx.TimeoutException | _TooSlow)
            slow = f"did not answer within {call.limit:g} s"
            why = slow if late else "closed the connection before its answer was complete"
            raise LostTrack(f"{call.method} {call.path}: “{place}” {why}.") from None
        seconds = time.monotonic() - began
        text = self._redact(body.decode(response.encoding or "utf-8", errors="replace"))
        return HttpResponse(status=response.status_code, seconds=seconds, headers=dict(response.headers), text=text)

    def close(self) -> None:
        """See `commands.ports.web.Web.close`."""
        clients, self._clients, self._local = self._clients, [], threading.local()
        for client in clients:
            client.close()

    def _client(self) -> httpx.Client:
        if not hasattr(self._local, "client"):
            headers = {"User-Agent": USER_AGENT}
            self._local.client = httpx.Client(trust_env=False, follow_redirects=False, headers=headers)
            self._clients.append(self._local.client)
        client: httpx.Client = self._local.client
        return client

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if time.monotonic() > deadline:
                raise _TooSlow
            if len(body) > MAX_BODY:
                break
        return bytes(body[:MAX_BODY])


def _not_connected(place: str, url: httpx.URL, error: Exception, connected: bool) -> Unreachable:
    """The error for a failed connection: Down if the service refuses, else Unreachable (perhaps the bot's network)."""
    cause = _cause(error)
    if connected:
        why = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else "the handshake failed"
        return Down(f"“{place}” accepts the connection, but TLS fails ({why}).")
    if isinstance(cause, ConnectionError) or _refused_elsewhere(url, cause):
        return Down(f"“{place}” cannot be reached: nothing answers at its address.")
    if isinstance(cause, socket.gaierror):
        why = "its name cannot be resolved here; check the bot's DNS"
    elif isinstance(error, httpx.ConnectTimeout):
        why = "its address sends no response at all; check the bot's network and firewall, then the place's host"
    else:
        why = "there is no route to its address from here; check the bot's network"
    return Unreachable(f"“{place}” cannot be reached: {why}.")


def _cause(error: BaseException) -> BaseException:
    """The operating system's error behind those of httpx and httpcore."""
    # httpcore's pool raises its error again "from None", which keeps the context
    while not isinstance(error, OSError) and (inner := error.__cause__ or error.__context__):
        error = inner
    return error


def _refused_elsewhere(url: httpx.URL, cause: BaseException) -> bool:
    """Whether another address of the same name refuses: without IPv6, its error comes last and hides the refusal."""
    if not isinstance(cause, OSError) or isinstance(cause, socket.gaierror | TimeoutError):
        return False
    try:
        port = url.port or (443 if url.scheme == "https" else 80)
        socket.create_connection((url.host, port), timeout=1, all_errors=True).close()
    except ExceptionGroup as group:
        return group.subgroup(ConnectionError) is not None
    except OSError:
        return False
    return False


class _TooSlow(Exception):
    """The whole answer took longer than its limit, though each chunk came in time."""

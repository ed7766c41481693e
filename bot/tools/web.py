"""The web tool: HTTP requests over httpx, with a deadline for the whole answer."""

from __future__ import annotations

import hashlib
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from urllib.parse import urlsplit

import httpx

from bot.tools.page_texts import header, json_body, resolve, url_path, variable_of
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web_body import UnreadableBodyError, read_body, text_of
from bot.tools.web_client import Asked, asking, certificate_times, deadline, make_client, no_certificates
from commands.ports.web import HttpRequest, HttpResponse
from state.errors import Down, LostTrack, Unreachable

LONGEST_PATH = 200  # characters of a path in a message
_TRUSTED = "must be among this machine's certificates, or in the file that SSL_CERT_FILE names."
_SIGNED_ITSELF = (
    " It is signed by itself, like the one that a web server or proxy has before it is given another: give the server "
    f"the certificate of its name. One that is meant {_TRUSTED}"
)
_NO_ISSUER = (
    " Either the server does not send its intermediate certificate, which browsers often know: let it send the whole "
    f"chain, such as fullchain.pem. Or a company's own CA has signed it: that {_TRUSTED}"
)
# by OpenSSL's codes; of 20 and 21 it is not known whether the server or this machine lacks the certificate
_HINTS = {18: _SIGNED_ITSELF, 19: f" A company's own CA {_TRUSTED}", 20: _NO_ISSUER, 21: _NO_ISSUER}
_WANTS_CERTIFICATE = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
# OpenSSL's reasons that have one meaning
_REASONS = {
    _WANTS_CERTIFICATE: "the server asks for a certificate of the client, and the bot has none to show",
    "WRONG_VERSION_NUMBER": "what answers does not speak TLS; perhaps its address begins with http://",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server allows no version of TLS that is new enough",
    "UNSUPPORTED_PROTOCOL": "the server allows no version of TLS that is new enough",
    "TLSV1_UNRECOGNIZED_NAME": "the server knows no site of that name",
}
TCP_CONNECTED = "connection.connect_tcp.complete"  # httpcore's trace event for an accepted connection
_ANSWERS = "http11.receive_response_headers.complete"  # and for the beginning of an answer
_REPEATABLE = {"GET", "HEAD"}


class _EndedBeforeError(Exception):
    """A connection that was open had ended, or ended when it was used again: nothing was answered."""


class HttpWeb:
    """`commands.ports.web.Web` over httpx, with one client for each place, which all threads share."""

    def __init__(self, webs: Mapping[str, WebPlace], environ: Mapping[str, str], redact: Redactor) -> None:
        self._webs = webs
        self._environ = environ
        self._redact = redact
        self._mutex = threading.Lock()
        self._clients: dict[str, httpx.Client] = {}
        self._met: dict[str, Asked] = {}  # by place: the addresses as its open connections met them

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        """See `commands.ports.web.Web.request`.

        Servers close idle connections at any time, also when the next request is on its way: what can be repeated is
        sent again on a new connection, and all else goes on a new one at once.
        """
        with deadline(call.limit):
            if call.method in _REPEATABLE:
                with suppress(_EndedBeforeError):
                    return self._send(place, call, new=False)
            return self._send(place, call, new=True)

    def _send(self, place: str, call: HttpRequest, new: bool) -> HttpResponse:
        url = self._url(self._webs[place], call)
        headers = {name: header(name, value, self._environ) for name, value in call.headers.items()}
        events: list[str] = []
        began = time.monotonic()
        try:
            with (
                asking(call.address) as asked,
                self._client_for(place, new or bool(call.address)) as client,
                client.stream(
                    call.method,
                    url,
                    headers=headers,
                    json=json_body(call.json, self._environ),
                    timeout=call.limit,
                    extensions={"trace": lambda event, _: events.append(event)},
                ) as response,
            ):
                valid = certificate_times(response)
                body, cut = read_body(response)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise Unreachable(_no_address(place, variable_of(self._webs[place].url))) from None
        except (httpx.LocalProtocolError, UnicodeError):
            # without the error: it quotes what could not be sent
            raise Unreachable(
                f"{_named(call)}: this request to “{place}” is not valid HTTP, so it was not sent."
            ) from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _not_connected(place, error, TCP_CONNECTED in events, asked) from None
        except UnreadableBodyError as error:
            raise LostTrack(f"{_named(call)}: the answer of “{place}” {error}.") from None
        except httpx.HTTPError as error:
            if getattr(_cause(error), "reason", "") == _WANTS_CERTIFICATE:
                raise _no_handshake(place, _cause(error)) from None  # TLS 1.3 says it after the handshake
            late = isinstance(error, httpx.TimeoutException)
            if not (new or late or TCP_CONNECTED in events or _ANSWERS in events):
                raise _EndedBeforeError from None
            slow = f"did not answer within {call.limit:g} s"
            why = slow if late else "closed the connection before its answer was complete"
            raise LostTrack(f"{_named(call)}: “{place}” {why}.") from None
        seconds = time.monotonic() - began - asked.lost
        if asked.others is not None and not call.address:
            self._met[place] = asked
        text = self._redact(text_of(body, response.headers.get("content-type", "")), cut_end=cut)
        answered = {name: self._redact(value) for name, value in response.headers.items()}
        met = asked if call.address else self._met.get(place, asked)
        address = urlsplit(resolve(self._webs[place].url, self._environ))
        return HttpResponse(
            status=response.status_code,
            seconds=seconds,
            headers=answered,
            text=text,
            cut=cut,
            others=() if call.address else met.others or (),
            silent=met.silent,
            base=self._redact(address.path.rstrip("/")),
            origin=self._redact(f"{address.scheme}://{address.netloc.rpartition('@')[2]}"),
            valid=valid,
            digest=None if cut else lambda algorithm: hashlib.new(algorithm, body).digest(),
        )

    def _url(self, place: WebPlace, call: HttpRequest) -> str:
        url = resolve(place.url, self._environ).rstrip("/") + url_path(call.path, self._environ)
        if not place.fresh or call.method not in _REPEATABLE:
            return url
        address, mark, fragment = url.partition("#")
        return f"{address}{'&' if '?' in address else '?'}{place.fresh}={secrets.token_hex(8)}{mark}{fragment}"

    def close(self) -> None:
        """See `commands.ports.web.Web.close`."""
        with self._mutex:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def _client_for(self, place: str, new: bool) -> AbstractContextManager[httpx.Client]:
        """The place's own client; another one for a request that no open connection may carry."""
        return self._new_client(place) if new else nullcontext(self._client(place))

    def _client(self, place: str) -> httpx.Client:
        with self._mutex:
            if place not in self._clients:
                self._clients[place] = self._new_client(place)
            return self._clients[place]

    def _new_client(self, place: str) -> httpx.Client:
        """Certificates are loaded only where they are needed: that takes 30 ms, and a rollback may wait for it."""
        url = resolve(self._webs[place].url, self._environ)
        return make_client(tls=no_certificates() if url.lower().startswith("http:") else None)


def _no_address(place: str, variable: str) -> str:
    at = f" ({variable})" if variable else ""
    return f"“{place}” cannot be reached: its address{at} is not a web address; begin it with https:// or http://."


def _named(call: HttpRequest) -> str:
    return f"{call.method} {str(call.path)[:LONGEST_PATH]}"


def _not_connected(place: str, error: Exception, connected: bool, asked: Asked) -> Unreachable:
    """The error for a failed connection: Down if the service refuses, else Unreachable (perhaps the bot's network)."""
    cause = _cause(error)
    if connected:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"the certificate cannot be verified: {cause.verify_message}"
            hint = _HINTS.get(cause.verify_code, "")
            return Down(f"“{place}” accepts the connection, but TLS fails ({why}).{hint}", lasting=True)
        return _no_handshake(place, cause)
    if isinstance(cause, ConnectionError):
        return Down(f"“{place}” cannot be reached: nothing answers at its address.")
    if isinstance(cause, socket.gaierror):
        why = "its name cannot be resolved here; check the address and the bot's DNS"
    elif isinstance(error, httpx.ConnectTimeout):
        why = f"{_silent(asked)}; check the bot's network and firewall, then the place's host"
    else:
        why = "there is no route to its address from here; check the bot's network"
    return Unreachable(f"“{place}” cannot be reached: {why}.")


def _silent(asked: Asked) -> str:
    """Which addresses send nothing, as a clause."""
    silent, count = len(asked.silent), asked.count
    if count <= 1:
        return "its address sends no response at all"
    if silent == count:
        return f"none of its {count} addresses sends a response"
    sends = "sends" if silent == 1 else "send"
    return f"{silent} of its {count} addresses {sends} no response at all, and there is no way to the others"


def _no_handshake(place: str, cause: BaseException) -> Down:
    """The error where no certificate was to blame: with what it means if OpenSSL says that, and else its words."""
    reason = getattr(cause, "reason", None) or ""
    means = _REASONS.get(reason, f"the handshake failed{': ' if reason else ''}{reason.replace('_', ' ').lower()}")
    return Down(f"“{place}” accepts the connection, but TLS fails ({means}).")


def _cause(error: BaseException) -> BaseException:
    """The operating system's error behind those of httpx and httpcore."""
    # httpcore's pool raises its error again "from None", which keeps the context
    while not isinstance(error, OSError) and (inner := error.__cause__ or error.__context__):
        error = inner
    return error

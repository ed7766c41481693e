"""Waits for a service that has just been started: slow is not broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.systems.http_answers import LIMITED, status_of, wait_asked_for
from commands.text.durations import format_seconds, parse_duration
from state.errors import Down, LostTrack, Stopped, ToolError, Unreachable
from state.frozen import dataclass

READY_WITHIN: timedelta = parse_duration("1 min")  # of a page that names no `ready_within`
POLL_INTERVAL = 0.1  # seconds between two requests to a service that may still be starting
NO_ROUTE_INTERVAL = 1.0  # seconds between two requests to a place to which the bot finds no route
LOOK_INTERVAL = 1.0  # seconds between two looks at what starts
# statuses of a proxy whose service does not listen yet (Cloudflare has its own), and of a service that is not ready
_STARTING = (502, 503, 504, 520, 521, 522, 523, 524)

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long one request waits for a service that has just been started.

    - `seconds`: for how long; 0 if it waits for nothing.
    - `tries`: how often it is sent while the bot finds no route.
    - `may_repeat`: whether it may be sent again after it reached somebody.
    - `is_ready`: whether an answer is that of a service that is ready.
    """

    seconds: float
    tries: int
    may_repeat: bool
    is_ready: Callable[[HttpResponse], bool]


def is_starting(response: HttpResponse) -> bool:
    """Whether an answer is of a service that is not ready yet, of the proxy before it, or of a limit on requests."""
    return response.status in (*_STARTING, LIMITED)


def pause_after(response: HttpResponse) -> float:
    """The seconds until a service that may still be starting is asked again."""
    if response.status != LIMITED:
        return POLL_INTERVAL
    return wait_asked_for(response.headers_by_name().get("retry-after", ""))


def within(seconds: float, left: float) -> float:
    """A pause of so many seconds, or until just after the time that is left."""
    return min(seconds, max(left, 0) + POLL_INTERVAL)


def request_when_ready(ctx: Context, web: str, request: HttpRequest, patience: Patience) -> tuple[HttpResponse, str]:
    """The answer of a service that is ready, or the newest one; and how long it was waited for, as words to append.

    A request that was refused never arrived, so it is sent again, whatever it does. Raises the tools' errors.
    """
    clock = ctx.tools.clock
    began, refused, seen = clock.monotonic(), 0, ""
    while True:
        sent, interval = clock.monotonic(), POLL_INTERVAL
        waits = sent - began < patience.seconds
        try:
            response = ctx.tools.web.request(web, request)
            if patience.is_ready(response) or not (waits and patience.may_repeat):
                return response, f" (after {format_seconds(sent - began)}; before it {seen})" if seen else ""
            left = patience.seconds - (clock.monotonic() - began)
            seen, interval = f"status {status_of(response)}", within(pause_after(response), left)
        except LostTrack:
            # at its limit an answer is slow; before, nobody listens yet behind a proxy or a container's port
            if not (waits and patience.may_repeat) or clock.monotonic() - sent >= request.limit:
                raise
            seen = "no answer"
        except Down as error:
            if not waits or error.lasting:
                raise
            seen = "no connection"
        except Unreachable:
            refused, interval = refused + 1, NO_ROUTE_INTERVAL
            if refused >= patience.tries:
                raise
            seen = "no route"
        pause(ctx, interval)


class Lookout(Generic[Found]):
    """Looks every second, in a thread of its own, whether what starts has died, so that no request waits for that.

    `look` returns what it found, or None; `found` is that. What cannot be asked is no finding. Ends with its context.
    """

    def __init__(self, ctx: Context, look: Callable[[], Found | None]) -> None:
        self.found: Found | None = None
        self._over = Event()
        self._ctx = replace(ctx, stop=self._over)
        self._look = look
        self._thread = Thread(target=self._watch, name=f"lookout {ctx.key}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self.found:
            try:
                pause(self._ctx, LOOK_INTERVAL)
                self.found = self._look()
            except Stopped:
                return
            except (ToolError, ValueError, KeyError):
                continue

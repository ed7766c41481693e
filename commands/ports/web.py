"""HTTP requests to web places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

USER_AGENT = "gonogo"  # how the bot's own requests are known in a web server's log


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One HTTP request to a web place; `path` is appended to its address. `limit` is in seconds."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    limit: float = 10


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """What came back; `seconds` is from the request to the last byte. Redirects are not followed."""

    status: int
    seconds: float
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """The body as JSON, which knows no NaN and no Infinity. Raises ValueError."""
        return json.loads(self.text, parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


class Web(Protocol):
    """HTTP requests."""

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        """Send one request.

        Raises Unreachable (the bot found no way to it), Down (it takes no connection), LostTrack (sent, and no whole
        answer came in time).
        """

    def close(self) -> None:
        """Give the connections back; the next request makes new ones."""

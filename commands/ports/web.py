"""HTTP requests to the page's web places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Protocol

from commands.ports.page_text import Text
from commands.text.foreign_json import read_json
from state.frozen import dataclass

MAX_BODY = 8_000_000  # bytes of an answer that are read, after decoding
USER_AGENT = "gonogo"  # marks the bot's own requests in a web server's log


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One HTTP request to a web place; `path` is appended to its address. `limit` is in seconds.

    Texts inside `json` may be `PageText`s as well. `address`: the only IP address to ask, of those of the place's name;
    empty for any.
    """

    path: Text
    method: str = "GET"
    headers: Mapping[str, Text] = field(default_factory=dict)
    json: Any = None
    limit: float = 10
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """The response; `seconds` counts from the request to the last byte, without those lost at `silent` addresses.

    Redirects are not followed. `cut`: it is longer than MAX_BODY, and `text` is only its beginning. `others`: further
    IP addresses of the place's name, from which this answer does not come, and which users reach as well; `silent`:
    those of them that were asked first and did not respond. `base`: the path that the place's own address has;
    `origin`: that address without it and without a user, or empty if it is not known. `digest` gives the hash of the
    whole decoded body by an algorithm that hashlib names; None if the body was cut, or is not known. `valid` is
    from when and until when the certificate is valid that the server has shown, if it has.
    """

    status: int
    seconds: float
    headers: Mapping[str, str]
    text: str
    cut: bool = False
    others: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    base: str = ""
    origin: str = ""
    valid: tuple[datetime, datetime] | None = None
    digest: Callable[[str], bytes] | None = field(default=None, repr=False, compare=False)

    def headers_by_name(self) -> dict[str, str]:
        """The headers, with their names in lower case."""
        return {name.lower(): value for name, value in self.headers.items()}

    def json(self) -> Any:
        """Parse the body as JSON, as `read_json` does. Raises ValueError, also for the beginning of a longer one."""
        if self.cut:
            raise ValueError("only its beginning was read")
        return read_json(self.text)


class Web(Protocol):
    """HTTP requests."""

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        """Send one request. Values in a path are percent-encoded; a value that fits nowhere raises BadValue.

        Raises Unreachable (the bot found no route to the place), Down (the place accepts no connection), LostTrack
        (the request was sent, and no complete response came in time).
        """

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""

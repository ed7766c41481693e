"""What a page reports in the browser: errors in its console, and requests that failed."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.tools.secrets import Redactor

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request

MOST_NOTES, LONGEST_NOTE = 100, 1000  # of what a page reports; its number, and characters of each
_401 = "status of 401"  # in what Chromium says in the console of such an answer
_NOT_LOADED = "Failed to load resource"  # and of each request that failed
_ICON = "/favicon.ico"  # which the browser asks for by itself, some time after a page that names no icon
_OF_THE_NETWORK = re.compile(r"net::ERR_(?!BLOCKED_BY_(?:CSP|RESPONSE))")  # and not what the page itself forbids


class Notes:
    """What a page reports: the first MOST_NOTES texts, masked, each cut to LONGEST_NOTE characters."""

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact
        self.texts: list[str] = []

    def add(self, text: str) -> None:
        """Keep one more text."""
        if len(self.texts) < MOST_NOTES:
            # masked first: a cut secret would not be found
            whole = text[: 10 * LONGEST_NOTE]
            self.texts.append(self._redact(whole, cut_end=len(text) > len(whole))[:LONGEST_NOTE])


class Heard:
    """The errors in the console of a page, and its requests that failed. While it is `acting`, a 401 is expected.

    `elsewhere` are those of other sites, such as of somebody's statistics: hosts that share no domain with one of
    `own` or with the page.
    """

    def __init__(self, page: Page, redact: Redactor, own: Collection[str], *, acting: bool) -> None:
        self.acting = acting
        self.console, self.bad, self.elsewhere = Notes(redact), Notes(redact), Notes(redact)
        self._page = page
        self._own = {domain_of(host) for host in own}
        page.on("console", lambda message: self._said(message) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.console.add(str(error)))
        page.on("requestfailed", self._failed)
        page.on("response", lambda response: self._answered(response.status, response.url))

    def _said(self, message: ConsoleMessage) -> None:
        # the request itself is told by its answer or its failure
        url = message.location.get("url", "")
        no_matter = message.text.startswith(_NOT_LOADED) and (self._other_host(url) or urlsplit(url).path == _ICON)
        if not (no_matter or (self.acting and _401 in message.text)):
            self.console.add(message.text)

    def _failed(self, request: Request) -> None:
        # the browser breaks a request off when the next act opens another page
        why = request.failure or ""
        if self.acting and why == "net::ERR_ABORTED":
            return
        path, host = urlsplit(request.url).path, self._other_host(request.url)
        if host and _OF_THE_NETWORK.match(why):
            if not any(text.endswith(f" {host}{path}") for text in self.elsewhere.texts):  # of an answer it is told
                self.elsewhere.add(f"failed {host}{path}")
        else:
            self.bad.add(f"failed {host}{path}")

    def _answered(self, status: int, url: str) -> None:
        if status >= 400 and not (self.acting and status == 401):
            path, host = urlsplit(url).path, self._other_host(url)
            (self.elsewhere if host else self.bad).add(f"{status} {host}{path}")

    def _other_host(self, url: str) -> str:
        """The host of an address of another site; empty if it is the page's own, or none."""
        host = urlsplit(url).hostname or ""
        own = {*self._own, domain_of(urlsplit(self._page.url).hostname or "")}
        return "" if domain_of(host) in own else host


def domain_of(host: str) -> str:
    """What the hosts of one owner share, for all that can be told: the last two names; of an address, all of it."""
    if re.fullmatch(r"[\d.]+|.*:.*", host):
        return host
    return ".".join(host.lower().rstrip(".").split(".")[-2:])

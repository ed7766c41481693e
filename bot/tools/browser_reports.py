"""What a page reports in the browser: errors in its console, and requests that failed."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from bot.tools.browser_sites import Sites
from bot.tools.secrets import Redactor
from commands.systems.http_answers import LIMITED, wait_asked_for

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Dialog, Page, Request, Response

MOST_NOTES, LONGEST_NOTE = 100, 1000  # of what a page reports; its number, and characters of each
_MOST_REPORTS, _LONGEST_TEXT = 1000, 10 * LONGEST_NOTE  # that are kept until they are sorted
_401, _429 = "status of 401", "status of 429"  # in what Chromium says in the console of such an answer
_NOT_LOADED = "Failed to load resource"  # and of each request that failed
_LOADED = ("document", "stylesheet", "script", "image", "font")  # what a page waits for before it has loaded
_ICON = "/favicon.ico"  # which the browser asks for by itself, some time after a page that names no icon
_REMARK = re.compile(  # of what the browser leaves out of such a header, without which all goes on
    "Unrecognized Content-Security-Policy directive|Error with (?:Permissions|Feature)-Policy header|"
    "The Cross-Origin-Opener-Policy header has been ignored"
)
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
            whole = text[:_LONGEST_TEXT]
            self.texts.append(self._redact(whole, cut_end=len(text) > len(whole))[:LONGEST_NOTE])


Sort = Literal["console", "status", "failure", "silence"]


class _Report(NamedTuple):
    """One thing of a page while `page` was its host: a text of the console, a status, why a request failed, or none."""

    sort: Sort
    text: str
    url: str
    page: str
    wait: float = 0.0


class Heard:
    """The errors in the console of a page, and its requests that failed. While it is `acting`, a 401 is expected.

    `asked` is what it asked or told in windows of its own (`confirm`, `prompt`, `alert`), each of which was cancelled.
    """

    def __init__(self, page: Page, *, acting: bool) -> None:
        self.acting = acting
        self._reports: list[_Report] = []
        self._waiting: dict[Request, None] = {}
        self._page = page
        self.asked: list[str] = []
        page.on("dialog", self._answer)
        page.on("request", self._asked)
        page.on("requestfinished", self._ended)
        page.on("console", lambda message: self._said(message) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._add("console", str(error), ""))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _add(self, sort: Sort, text: str, url: str, wait: float = 0.0) -> None:
        if len(self._reports) < _MOST_REPORTS:
            host = urlsplit(self._page.url).hostname or ""
            self._reports.append(_Report(sort, text[: _LONGEST_TEXT + 1], url, host, wait))

    def _said(self, message: ConsoleMessage) -> None:
        if not (self.acting and _401 in message.text):
            self._add("console", message.text, message.location.get("url", ""))

    def _answer(self, dialog: Dialog) -> None:
        """Cancel what the page asks before it goes on, and note it; what it asks before it is left does not matter."""
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        if len(self.asked) < MOST_NOTES:
            self.asked.append(dialog.message[:_LONGEST_TEXT])
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        self._waiting[request] = None

    def _ended(self, request: Request) -> None:
        self._waiting.pop(request, None)

    def look_for_silence(self) -> None:
        """Note what a page that has not loaded still waits for."""
        from playwright.sync_api import Error

        state = "complete"
        with suppress(Error):  # of a page that goes to another one right now
            state = self._page.evaluate("document.readyState")
        for request in list(self._waiting) if state != "complete" else ():
            if request.resource_type in _LOADED:
                self._add("silence", "", request.url)

    def _failed(self, request: Request) -> None:
        self._ended(request)
        # the browser breaks a request off when the next act opens another page
        why = request.failure or ""
        if not (self.acting and why == "net::ERR_ABORTED"):
            self._add("failure", why, request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not (self.acting and response.status == 401):
            wait = wait_asked_for(response.headers.get("retry-after", "")) if response.status == LIMITED else 0.0
            self._add("status", str(response.status), response.url, wait)

    def told(self, redact: Redactor, own: Collection[str], sites: Sites) -> Told:
        """What the page reported, with the hosts of other sites than those of `own` hosts and of the page."""
        told = Told(Notes(redact), Notes(redact), Notes(redact), Notes(redact), Notes(redact))
        answered = {report.url for report in self._reports if report.sort == "status"}
        failed = answered | {report.url for report in self._reports if report.sort == "failure"}
        for report in self._reports:
            if report.sort == "failure" and report.url in answered:  # its answer is told
                continue
            if report.text.startswith(_NOT_LOADED) and report.url in failed:  # so is the request
                continue
            host, path = urlsplit(report.url).hostname or "", urlsplit(report.url).path
            if any(sites.are_one(host, one) for one in {*own, report.page}):
                host = ""
            told.add(report, host, path)
        return told


@dataclass
class Told:
    """The errors in the console, the requests that failed, those of other sites, and those that a limit answered.

    `remarks`: what the browser itself remarks about a header of the page, as an error. `pause`: the seconds after which
    that limit lets one pass again.
    """

    console: Notes
    bad: Notes
    elsewhere: Notes
    limited: Notes
    remarks: Notes
    pause: float = 0.0

    def add(self, report: _Report, host: str, path: str) -> None:
        """Sort one report; `host` is that of another site, or empty."""
        where = f"{host}{path}"
        if report.sort == "console":
            # the request itself is told by its answer or its failure
            by_itself = host or path == _ICON or _429 in report.text
            if not (report.text.startswith(_NOT_LOADED) and by_itself):
                (self.remarks if _REMARK.match(report.text) else self.console).add(report.text)
        elif report.sort == "status" and report.text == str(LIMITED) and not host:
            self.limited.add(where)
            self.pause = max(self.pause, report.wait)
        elif report.sort == "status":
            (self.elsewhere if host else self.bad).add(f"{report.text} {where}")
        elif report.sort == "silence":
            (self.elsewhere if host else self.bad).add(f"no answer {where}")
        else:
            (self.elsewhere if host and _OF_THE_NETWORK.match(report.text) else self.bad).add(f"failed {where}")

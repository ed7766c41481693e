"""The headers of a browser step reach the place's own origin, and no other server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.tools.browser import ChromiumBrowser
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.browser import Act, Visit
from commands.ports.page_text import PageText
from commands.ports.web import HttpRequest

TOKEN = "Bearer s3cr3t-0001"
HEADERS = {"Authorization": PageText("Bearer $TOKEN"), "X-Bypass": PageText("$TOKEN")}
ENVIRON = {"TOKEN": "s3cr3t-0001"}


class Site:
    """A server that notes each request's path and what it carries of the two headers."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.moved: dict[str, str] = {}
        self.seen: dict[str, tuple[str | None, str | None]] = {}
        self.cookies: dict[str, str | None] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.seen[self.path] = (self.headers["Authorization"], self.headers["X-Bypass"])
                site.cookies[self.path] = self.headers["Cookie"]
                body = site.pages.get(self.path, "").encode()
                self.send_response(302 if self.path in site.moved else 200)
                if self.path in site.moved:
                    self.send_header("Location", site.moved[self.path])
                self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    thread = threading.Thread(target=site.server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
        thread.join()


@pytest.fixture
def own() -> Iterator[Site]:
    """The place's own server."""
    with serving(Site()) as site:
        yield site


@pytest.fixture
def other() -> Iterator[Site]:
    """Somebody else's server."""
    with serving(Site()) as site:
        yield site


def visit(own: Site, path: str = "/page", *click: str) -> None:
    """Open a page of the own server until it says that it is ready."""
    browser = ChromiumBrowser({"app": WebPlace(url=own.url)}, ENVIRON, Redactor([]))
    acts = [Act(kind="click", target=one) for one in click]
    assert browser.visit("app", Visit(path=path, sees=("Ready",), acts=acts, headers=HEADERS)).missing == ()


SENT, NOT_SENT = (TOKEN, "s3cr3t-0001"), (None, None)


def test_a_pages_own_requests_carry_the_headers_and_those_to_other_servers_do_not(own: Site, other: Site) -> None:
    own.pages = {
        "/page": f"""<link rel=icon href="data:,"><script src="/own.js"></script>
        <script src="{other.url}/cdn.js"></script><img src="{other.url}/pixel"><iframe src="{other.url}/frame"></iframe>
        <script>Promise.all([fetch("/api"), fetch("{other.url}/beacon"), fetch("/away").catch(() => 0)])
        .then(() => document.body.append("Ready"))</script>"""
    }
    own.moved = {"/away": f"{other.url}/caught"}
    other.pages = {"/frame": f'<script src="{other.url}/inner.js"></script>'}
    visit(own)
    assert own.seen == dict.fromkeys(("/page", "/own.js", "/api", "/away"), SENT)
    expected = ("/cdn.js", "/pixel", "/frame", "/inner.js", "/beacon", "/caught")
    assert other.seen == dict.fromkeys(expected, NOT_SENT)


def test_a_page_that_leads_to_another_server_takes_no_header_along_and_has_them_when_it_is_back(
    own: Site, other: Site
) -> None:
    own.moved = {"/page": f"{other.url}/login"}
    other.moved = {"/login": f"{own.url}/back"}
    own.pages = {"/back": f'<link rel=icon href="data:,"><a href="{other.url}/next">Next</a>'}
    other.pages = {"/next": '<link rel=icon href="data:,">Ready'}
    visit(own, "/page", "Next")
    assert own.seen == {"/page": SENT, "/back": SENT}
    assert other.seen == {"/login": NOT_SENT, "/next": NOT_SENT}


def test_a_request_that_is_led_to_another_server_ends_where_it_was_sent(own: Site, other: Site) -> None:
    own.moved = {"/api": f"{other.url}/caught"}
    web = HttpWeb({"app": WebPlace(url=own.url)}, ENVIRON, Redactor([]))
    assert web.request("app", HttpRequest(path="/api", headers=HEADERS)).status == 302
    web.close()
    assert (own.seen, other.seen) == ({"/api": SENT}, {})


def test_a_server_with_another_name_gets_no_cookie_of_the_page_either(own: Site, other: Site) -> None:
    elsewhere = other.url.replace("127.0.0.1", "localhost")  # another site, whose frames have a process of their own
    own.pages = {"/page": f'<link rel=icon href="data:,"><iframe src="{elsewhere}/frame"></iframe>Ready'}
    other.pages = {"/frame": f'<img src="{elsewhere}/inner"><img src="{own.url}/mine">'}
    browser = ChromiumBrowser({"app": WebPlace(url=own.url)}, ENVIRON, Redactor([]))
    headers = {"Cookie": PageText("session=$TOKEN")}
    assert browser.visit("app", Visit(path="/page", sees=("Ready",), headers=headers)).missing == ()
    assert own.cookies["/page"] == "session=s3cr3t-0001"
    assert set(other.cookies.values()) == {None}
    assert set(other.cookies) == {"/frame", "/inner"}

"""A real browser logs in, stays logged in, and types no secret elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.tools.browser import ChromiumBrowser
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.browser import Act, Visit
from commands.ports.page_text import PageText

ENV = {"TEST_PASSWORD": "s3cr3t-pass-0001"}
LOGIN = b"""<!doctype html><title>Log in</title><form method=post action=/login>
<label>User <input name=user></label><label>Password <input type=password name=password></label>
<button>Sign in</button></form><script>fetch("/api/me")</script>"""
ADMIN = b"""<!doctype html><title>Admin</title><h1>Dashboard</h1><input id=q placeholder=Search>
<button onclick="setTimeout(() => document.body.append('Found ' + q.value), 300)">Go</button>
<script>fetch("/api/me")</script>"""


class Handler(BaseHTTPRequestHandler):
    """A page behind a log-in with a session cookie."""

    typed: list[str]

    def do_GET(self) -> None:
        logged_in = "session=1" in (self.headers["Cookie"] or "")
        if self.path == "/api/me":
            return self._answer(200 if logged_in else 401, b"{}")
        if self.path == "/leave":  # the same server under another name is another site
            elsewhere = f"http://localhost:{self.headers['Host'].rpartition(':')[2]}/login"
            return self._answer(200, f"<!doctype html><a href='{elsewhere}'>Elsewhere</a>".encode())
        return self._answer(200, ADMIN if logged_in and self.path == "/admin" else LOGIN)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.typed.append(body)
        right = body == "user=ann&password=s3cr3t-pass-0001"
        self._answer(303, b"", ("Location", "/admin"), *([("Set-Cookie", "session=1; Path=/")] if right else []))

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", "text/html"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""


class Site:
    """The site, and a browser whose only place it is."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.typed: list[str] = []
        Handler.typed = self.typed
        self.browser = ChromiumBrowser({"app": WebPlace(url=self.url)}, ENV, Redactor(ENV.values()))


@pytest.fixture
def site() -> Iterator[Site]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(server)
    server.shutdown()
    server.server_close()


def log_in(typed: str = "$TEST_PASSWORD") -> tuple[Act, ...]:
    """The acts of a log-in."""
    return (
        Act(kind="fill", target="User", value="ann"),
        Act(kind="fill", target="css=input[name=password]", value=PageText(typed)),
        Act(kind="click", target="Sign in"),
        Act(kind="wait", target="Dashboard"),
    )


def test_a_page_behind_a_log_in_is_reached_and_the_session_is_kept(site: Site) -> None:
    more = (
        Act(kind="open", target=PageText("/admin")),
        Act(kind="fill", target="Search", value="jobs"),
        Act(kind="click", target="Go"),
        Act(kind="wait", target="Found jobs"),
    )
    result = site.browser.visit("app", Visit(path="/login", acts=(*log_in(), *more), sees=("Dashboard",)))
    assert (result.stuck, result.missing, result.title) == ("", (), "Admin")
    assert (result.bad_answers, result.console) == ((), ()), "the 401 before the log-in is how the page finds that out"


def test_each_visit_begins_logged_out(site: Site) -> None:
    assert site.browser.visit("app", Visit(path="/login", acts=log_in())).stuck == ""
    result = site.browser.visit("app", Visit(path="/admin"))
    assert (result.title, result.bad_answers) == ("Log in", ("401 /api/me",))


def test_a_log_in_that_fails_is_named_and_no_password_is_told(site: Site) -> None:
    result = site.browser.visit("app", Visit(path="/login", acts=log_in("$TEST_PASSWORD-wrong"), limit=6))
    assert result.stuck == "“Dashboard” did not become visible"
    assert "s3cr3t" not in repr(result)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (Act(kind="fill", target="Nothing", value="x"), "“Nothing” could not be filled: there is no such field"),
        (Act(kind="click", target="Nothing"), "“Nothing” could not be clicked: there is no such thing"),
    ],
)
def test_an_act_that_cannot_be_done_is_named(site: Site, act: Act, why: str) -> None:
    assert site.browser.visit("app", Visit(path="/login", acts=(act,), limit=3)).stuck.startswith(why)


def test_a_variable_is_typed_only_on_the_pages_own_places(site: Site) -> None:
    leave = Act(kind="click", target="Elsewhere")
    result = site.browser.visit("app", Visit(path="/leave", acts=(leave, Act(kind="wait", target="User"), *log_in())))
    assert result.stuck == (
        "“css=input[name=password]” stands on localhost, which is no web place of this page, so no variable was typed "
        "there"
    )
    assert site.typed == []

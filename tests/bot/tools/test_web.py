"""HTTP requests to a real little server: deadlines, redirects, names of the environment, and what each failure says."""

from __future__ import annotations

import errno
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.browser import ChromiumBrowser
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.browser import Visit
from commands.ports.web import HttpRequest
from state.errors import Down, LostTrack, Unreachable

ENV = {"TOKEN": "t0ken-value"}
PAGE = b"""<!doctype html><title>Shop</title><label>Job Type <select><option>a</select></label>
<script>console.error("approval-templates failed"); fetch("/nothing")</script>"""


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        """A page, a redirect, a trickle, what was asked with, or 404."""
        if self.path == "/page":
            self._answer(200, PAGE, "text/html")
        elif self.path == "/moved":
            self._answer(302, b"", "text/html", location="/page")
        elif self.path == "/trickle":
            self.send_response(200)
            self.end_headers()
            for _ in range(40):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        elif self.path == "/agent":
            self._answer(200, (self.headers["User-Agent"] or "").encode(), "text/plain")
        elif self.path == "/token":
            self._answer(200, (self.headers["Authorization"] or "").encode(), "text/plain")
        else:
            self._answer(404, b"no", "text/plain")

    def do_POST(self) -> None:
        """What was sent."""
        self._answer(201, self.rfile.read(int(self.headers["Content-Length"])), "application/json")

    def _answer(self, status: int, body: bytes, kind: str, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, WebPlace]]:
    """The little server as the place `api`, and a place where nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "api": WebPlace(url=f"http://127.0.0.1:{server.server_port}/"),
        "gone": WebPlace(url=f"http://127.0.0.1:{free_port()}"),
    }
    server.shutdown()
    server.server_close()


@pytest.fixture
def web(places: dict[str, WebPlace]) -> HttpWeb:
    """The tool, which hides nothing, so that the tests see what was sent."""
    return HttpWeb(places, ENV, Redactor([]))


def test_an_answer_has_status_text_and_time(web: HttpWeb) -> None:
    answer = web.request("api", HttpRequest(path="/page"))
    assert (answer.status, answer.text) == (200, PAGE.decode())
    assert 0 < answer.seconds < 5


def test_a_redirect_is_not_followed(web: HttpWeb) -> None:
    assert web.request("api", HttpRequest(path="/moved")).status == 302


def test_an_answer_that_trickles_ends_at_its_limit(web: HttpWeb) -> None:
    began = time.monotonic()
    with pytest.raises(LostTrack, match=r"did not answer within 0\.5 s"):
        web.request("api", HttpRequest(path="/trickle", limit=0.5))
    assert time.monotonic() - began < 2


def test_nobody_listening_is_a_sentence_without_the_address(web: HttpWeb) -> None:
    with pytest.raises(Down, match="“gone” cannot be reached") as caught:
        web.request("gone", HttpRequest(path="/"))
    assert "127.0.0.1" not in str(caught.value)


def asked(url: str, limit: float = 5) -> Unreachable:
    """How a request to an address that takes no connection ends."""
    with pytest.raises(Unreachable) as caught:
        HttpWeb({"api": WebPlace(url=url)}, {}, Redactor([])).request("api", HttpRequest(path="/", limit=limit))
    return caught.value


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "its name cannot be resolved here"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "there is no way to its address from here"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "there is no way to its address from here"),
        (OSError(errno.EMFILE, "Too many open files"), "there is no way to its address from here"),
        (TimeoutError("timed out"), "nothing at all came back from its address"),
    ],
)
def test_what_may_be_the_bots_own_trouble_says_nothing_of_the_service(
    error: OSError, summary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", refuse)
    found = asked("https://api.example")
    assert not isinstance(found, Down)
    assert summary in str(found)


@pytest.mark.parametrize("error", [ConnectionRefusedError("refused"), ConnectionResetError("reset")])
def test_one_that_refuses_is_down_and_is_not_asked_again(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_of = []

    def refuse(address: object, *_: object, **__: object) -> None:
        asked_of.append(address)
        raise error

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert isinstance(asked("https://api.example"), Down)
    assert len(asked_of) == 1


def test_a_name_that_nobody_knows_says_nothing_of_the_service() -> None:
    assert not isinstance(asked("http://api.invalid"), Down)
    assert not isinstance(asked("ftp://api.example"), Down)


def test_an_address_that_refuses_is_down_though_another_one_has_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def both(_: str, port: int, *more: object, **named: object) -> object:
        # the second address has no way from anywhere: it is for broadcasts
        return real("127.0.0.1", port, type=socket.SOCK_STREAM) + real("255.255.255.255", port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert isinstance(asked(f"http://api.example:{free_port()}"), Down)


def test_one_that_takes_the_connection_and_makes_no_secure_one_is_down(places: dict[str, WebPlace]) -> None:
    found = asked(places["api"].url.replace("http:", "https:"))
    assert isinstance(found, Down)
    assert "no secure one comes about" in str(found)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert isinstance(asked(f"https://127.0.0.1:{silent.getsockname()[1]}", limit=0.5), Down)


def test_names_in_headers_and_json_are_resolved(web: HttpWeb) -> None:
    headers = {"Authorization": "Bearer $TOKEN"}
    assert web.request("api", HttpRequest(path="/token", headers=headers)).text == "Bearer t0ken-value"
    sent = web.request("api", HttpRequest(path="/", method="POST", json={"a": ["$TOKEN", 1]})).text
    assert json.loads(sent) == {"a": ["t0ken-value", 1]}


def test_the_bots_requests_bear_its_name(web: HttpWeb) -> None:
    assert web.request("api", HttpRequest(path="/agent")).text == "gonogo"


def test_a_secret_that_comes_back_is_hidden(places: dict[str, WebPlace]) -> None:
    web = HttpWeb(places, ENV, Redactor(ENV.values()))
    assert web.request("api", HttpRequest(path="/token", headers={"Authorization": "$TOKEN"})).text == "•••"


def test_the_browser_sees_what_is_missing_and_what_went_wrong(places: dict[str, WebPlace]) -> None:
    browser = ChromiumBrowser(places, ENV, Redactor([]))
    assert browser.unavailable() is None, "tests/system.sh installs Chromium"
    seen = browser.visit("api", Visit(path="/page", sees=("Job Type", "Skip Approval"), limit=6))
    assert seen.title == "Shop"
    assert seen.missing == ("Skip Approval",)
    assert "approval-templates failed" in seen.console
    assert "404 /nothing" in seen.bad_answers


def test_without_a_browser_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "no Chromium is installed" in str(ChromiumBrowser({}, {}, Redactor([])).unavailable())

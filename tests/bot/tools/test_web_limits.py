"""A request gives back what it opened, and ends at its limit however the answer arrives."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from bot.tools.web_client import MAX_IDLE
from commands.ports.page_text import PageText, Text
from commands.ports.web import MAX_BODY, HttpRequest
from state.errors import BadValue, LostTrack, ToolError
from tests.bot.tools.helpers import eventually
from tests.bot.tools.raw_site import http_answer, raw_site

ENV = {"TOKEN": "s3cr3t-ที่-token", "LINE": "s3cr3t-line\n", "GOOD": "s3cr3t-good"}


@pytest.fixture
def web(places: dict[str, WebPlace]) -> Iterator[HttpWeb]:
    """The tool over the places of the tests' own site."""
    tool = HttpWeb(places, ENV, Redactor(ENV.values()))
    yield tool
    tool.close()


def open_files() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_hundreds_of_checks_leave_no_descriptor_and_no_thread_behind(web: HttpWeb) -> None:
    def check(path: str) -> None:
        try:
            web.request("gone" if path == "/gone" else "api", HttpRequest(path=path, limit=0.2))
        except ToolError:
            return

    paths = ("/page", "/moved", "/large", "/broken", "/trickle", "/gone", "/nothing")
    check("/page")
    files, threads = open_files(), threading.active_count()
    for _ in range(10):  # each check of a run has a thread of its own, like these
        with ThreadPoolExecutor(max_workers=7) as pool:
            list(pool.map(check, paths * 5))
    # the site runs in this process too, so each connection counts twice until its own side has noticed the end
    assert eventually(lambda: open_files() <= files + 2 * MAX_IDLE, 20), f"{open_files() - files} descriptors are left"
    web.close()
    assert eventually(lambda: open_files() <= files, 20), f"{open_files() - files} descriptors are left"
    assert eventually(lambda: threading.active_count() <= threads, 20)


def test_after_close_the_next_request_opens_a_new_connection(web: HttpWeb) -> None:
    web.close()
    assert web.request("api", HttpRequest(path="/page")).status == 200


def test_a_cookie_of_one_answer_is_not_sent_with_the_next_request() -> None:
    answer = http_answer(b"", "Set-Cookie: session=1; Path=/")
    with raw_site(answer) as web:
        web.request("api", HttpRequest(path="/"))
        assert list(web._client("api").cookies.jar) == []


@pytest.mark.parametrize("answer", [http_answer(b"x" * 1000), b"HTTP/1.1 100 Continue\r\n\r\n" * 1000])
def test_an_answer_that_arrives_byte_by_byte_ends_at_the_limit_from_its_first_header_on(answer: bytes) -> None:
    with raw_site(answer, pause=0.05) as web:
        began = time.monotonic()
        with pytest.raises(LostTrack, match=r"did not answer within 0\.5 s"):
            web.request("api", HttpRequest(path="/", limit=0.5))
        # without one deadline for all of it, these would take 50 s and more
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"Authorization": PageText("Bearer $TOKEN")}, "The header Authorization (Bearer $TOKEN)"),
        ({"Authorization": PageText("$GOOD"), "X-Key": PageText("$GOOD $LINE")}, "The header X-Key ($GOOD $LINE)"),
        ({"X-Note": "naïve"}, "The header X-Note"),
    ],
)
def test_a_header_that_http_does_not_allow_is_one_sentence_without_its_value(
    web: HttpWeb, headers: dict[str, Text], what: str
) -> None:
    with pytest.raises(BadValue) as caught:
        web.request("api", HttpRequest(path="/token", headers=headers))
    assert what in str(caught.value)
    assert "a line end, a control character or a letter outside ASCII" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "call",
    [
        HttpRequest(path="/\ud800"),
        HttpRequest(path="/", json={"a": "\ud800"}, method="POST"),
        HttpRequest(path="/", headers={"bad name": "x"}),
        HttpRequest(path="/", method="GET X"),
    ],
)
def test_a_request_that_is_not_valid_http_is_not_sent_and_says_so(web: HttpWeb, call: HttpRequest) -> None:
    with pytest.raises(ToolError, match=r"is not valid HTTP, so it was not sent|is not a web address"):
        web.request("api", call)


def test_a_secret_in_a_header_of_the_answer_is_masked_and_one_that_is_cut_at_the_end_too() -> None:
    secret = "s3cr3t-0123456789"
    body = b"x" * (MAX_BODY - 9) + secret.encode()
    with raw_site(http_answer(body, f"Location: /?token={secret}")) as web:
        web._redact = Redactor([secret])
        answer = web.request("api", HttpRequest(path="/"))
    assert answer.headers["location"] == "/?token=•••"
    assert answer.text.endswith("x•••")


class KeepAlive(BaseHTTPRequestHandler):
    """Answers, and keeps the connection open for the next request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write no log."""


def test_checks_in_threads_of_their_own_share_the_few_connections_that_a_server_keeps_open() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), KeepAlive)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    web = HttpWeb({"api": WebPlace(url=f"http://127.0.0.1:{server.server_port}")}, {}, Redactor([]))
    before = open_files()
    for _ in range(100):
        check = threading.Thread(target=web.request, args=("api", HttpRequest(path="/")))
        check.start()
        check.join()
    left = open_files() - before
    web.close()
    server.shutdown()
    server.server_close()
    assert left <= 2 * MAX_IDLE, f"{left} descriptors are open after 100 checks"

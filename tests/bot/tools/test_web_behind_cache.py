"""A real nginx whose cache says nothing of itself does not answer for the service behind it."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.page_text import PageText
from commands.ports.web import HttpRequest
from tests.nginx import nginx_serves

HTTP = """\
  proxy_cache_path {folder}/cache keys_zone=all:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_cache all; proxy_cache_valid 200 1h; }}
  }}
"""


class Shop(http.server.ThreadingHTTPServer):
    """A backend that says its commit, and notes the path of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.commit, self.paths = "c0c0", list[str]()


class Answer(http.server.BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        """Say the commit; without one the backend is broken."""
        self.server.paths.append(self.path)
        body = b'{"commit": "%s"}' % self.server.commit.encode()
        self.send_response(200 if self.server.commit else 502)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """The same."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    """The backend."""
    server = Shop()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(shop: Shop, tmp_path: Path) -> Iterator[str]:
    """The address of the cache in front of it."""
    port = free_port()
    with nginx_serves(tmp_path, port, HTTP.format(folder=tmp_path, port=port, behind=shop.server_port)):
        yield f"http://127.0.0.1:{port}"


def asked(address: str, path: str, fresh: str, method: str = "GET") -> str:
    """What the web tool gets."""
    web = HttpWeb({"api": WebPlace(url=PageText(address), fresh=fresh)}, {}, Redactor([]))
    try:
        return web.request("api", HttpRequest(path=path, method=method)).text
    finally:
        web.close()


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize("path", ["/health", "/health?deep=1", "/health#top"])
def test_a_cache_that_says_nothing_of_itself_does_not_answer_for_the_service(
    address: str, shop: Shop, path: str
) -> None:
    assert asked(address, path, "") == '{"commit": "c0c0"}'
    shop.commit = "d1d1"
    assert asked(address, path, "") == '{"commit": "c0c0"}', "this test needs a cache that ignores the request's wish"
    assert asked(address, path, "fresh") == '{"commit": "d1d1"}'
    shop.commit = ""
    assert asked(address, path, "fresh") == '{"commit": ""}'
    first, second = shop.paths[-2:]
    assert first != second
    assert first.startswith(path.partition("#")[0] + ("&fresh=" if "?" in path else "?fresh="))


def test_a_request_that_changes_something_is_sent_as_the_page_has_it(address: str, shop: Shop) -> None:
    asked(address, "/jobs", "fresh", "POST")
    assert shop.paths == ["/jobs"]

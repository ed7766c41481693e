"""`publish` where browsers keep the page itself, or get its script cut off."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.clock import SystemClock
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.systems.kept_pages import kept_page
from commands.systems.preflight.served_parts import ServedPartsCheck
from tests import nginx
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, NEW, OLD
from tests.commands.steps.kinds.test_publish_nginx import QUICK, Served, published
from tests.commands.steps.kinds.test_publish_parts import SERVER, folder, site_at  # noqa: F401  # a fixture
from tests.production import answer

pytestmark = pytest.mark.fault("not looked at, and said to be fine")
GO_ON = "people who have opened it go on with the build that they have"
CUT = "closed the connection before its answer was complete"
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "json": "application/json"}


def preflight(site: Served) -> list[PreflightResult]:
    """What the doctor says of what is served."""
    tools = replace(site.context().tools, web=site.web, clock=SystemClock())
    return ServedPartsCheck(web="app").run_preflight(PreflightContext(tools=tools, ref="main"))


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ('add_header Cache-Control "public, max-age=63072000, immutable";', "730 days"),
        ("expires 7d;", "7 days"),
        ("expires 5h;", "5 h"),
        ("expires 30m;", ""),
        ("expires epoch;", ""),
        ("", ""),
    ],
)
def test_a_page_that_browsers_keep_is_named_by_the_doctor_and_after_a_publish_and_a_rollback(
    folder: Path,  # noqa: F811
    more: str,
    kept: str,
) -> None:
    port = free_port()
    site = site_at(folder, port)
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more=more)):
        found = preflight(site)
        outcome = published(site, FORWARD + QUICK)
        site.shell.ended.clear()
        back = published(site, BACK + QUICK)
        site.web.close()
    says = f"browsers may keep app/ for {kept} without asking again ("
    assert [one.level for one in found] == ["warn" if kept else "ok"]
    assert (outcome.state, back.state) == ("done", "done"), outcome.summary
    if not kept:
        assert outcome.summary == f"The build of commit {NEW[:10]} is served."
        return
    assert found[0].summary.startswith(says)
    for one, commit in ((outcome, NEW), (back, OLD)):
        assert one.summary.startswith(f"The build of commit {commit[:10]} is served. But {says}Cache-Control: ")
        assert one.summary.endswith(f"), so {GO_ON}. Let the web server send Cache-Control: no-cache for pages.")
        assert one.not_compared[0] == "what browsers show that have the page of before"


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"Cache-Control": "max-age=0, must-revalidate"}, ""),
        ({"Cache-Control": "no-cache, max-age=86400"}, ""),
        ({"Cache-Control": "private, no-store"}, ""),
        ({"Cache-Control": "s-maxage=86400"}, ""),
        ({"cache-control": "MAX-AGE = 86400"}, "24 h"),
        ({"Cache-Control": 'no-cache="set-cookie", max-age="172800"'}, "2 days"),
        ({"Expires": "Tue, 01 Dec 2026 12:00:00 GMT", "Date": "Mon, 30 Nov 2026 00:00:00 GMT"}, "36 h"),
        ({"Cache-Control": "max-age=60, stale-while-revalidate=172800"}, "2 days"),
        ({"Cache-Control": "max-age=60, must-revalidate, stale-while-revalidate=172800"}, ""),
        ({"Expires": "0", "Date": "Mon, 30 Nov 2026 00:00:00 GMT"}, ""),
        ({"Expires": "Tue, 01 Dec 2026 12:00:00 GMT"}, ""),
        ({"Cache-Control": "max-age=" + "9" * 400}, "115,740 days"),
        ({"Cache-Control": "max-age=x"}, ""),
    ],
)
def test_how_long_browsers_keep_a_page(headers: dict[str, str], kept: str) -> None:
    clause = kept_page("app", replace(answer(text="<!doctype html>"), headers=headers))
    assert clause.partition(" for ")[2].partition(" without")[0] == kept, clause


@contextmanager
def cutting(www: Path, port: int, *, chunked: bool) -> Iterator[None]:
    """A server that ends each script too early, as nginx does that may not write its own files."""

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            path = connection.recv(65536).split()[1].decode()
            file = www / "current" / (path.strip("/") or "index.html")
            body, is_script = file.read_bytes(), path.endswith(".js")
            length = f"Content-Length: {len(body)}"
            if is_script and chunked:
                length, body = "Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(body), body)
            head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {TYPES[file.suffix[1:]]}\r\n{length}\r\n\r\n"
            connection.sendall(head.encode() + (body[:-3] if is_script and not chunked else body))

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    listening = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=accept, daemon=True).start()
    yield
    listening.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_script_that_arrives_cut_off_fails_the_step_and_is_named_by_the_doctor_and_after_a_rollback(
    folder: Path,  # noqa: F811
    chunked: bool,
) -> None:
    port = free_port()
    site = site_at(folder, port)
    with cutting(site.www, port, chunked=chunked):
        (found,) = preflight(site)
        outcome = published(site, FORWARD + QUICK)
        site.shell.ended.clear()
        back = published(site, BACK + QUICK)
        site.web.close()
    assert (found.level, found.summary) == ("warn", f"now GET /assets/index-old.js: “app” {CUT}, and the page needs it")
    assert (outcome.state, outcome.summary) == (
        "failed",
        f"GET /assets/index-new.js: “app” {CUT}, and the page needs it.",
    )
    assert back.state == "done", "a rollback goes on, as where a script is not served at all"
    assert back.summary.endswith(f"But GET /assets/index-old.js: “app” {CUT}, and the page needs it.")


WRITTEN = {"Last-Modified": "Wed, 11 Nov 2026 00:00:00 GMT", "Date": "Wed, 02 Dec 2026 00:00:00 GMT"}


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({}, "2 days"),
        ({"Cache-Control": "public"}, "2 days"),
        ({"Cache-Control": "no-cache"}, ""),
        ({"Cache-Control": "max-age=60"}, ""),
        ({"Expires": "0"}, ""),
        ({"Last-Modified": "Tue, 01 Dec 2026 20:00:00 GMT"}, ""),
        ({"Date": "now"}, ""),
    ],
)
def test_a_page_that_no_header_limits_is_kept_for_a_tenth_of_its_age(more: dict[str, str], kept: str) -> None:
    page = replace(answer(text="<!doctype html>"), headers=WRITTEN | more)
    words = f"browsers may keep app/ for {kept} without asking again (only Last-Modified: {WRITTEN['Last-Modified']})"
    assert kept_page("app", page, by_age=True) == (words if kept else "")
    assert kept_page("app", page) == "", "who gets a new page now has it for no time yet"

"""What the browser says of other sites, and which texts it takes for the named ones."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

from bot.tools.browser import ChromiumBrowser, _flags, find_browser
from bot.tools.browser_sites import Sites
from bot.tools.browser_texts import as_words
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.browser import BrowserResult, Visit
from tests.bot.tools.site import Handler

PAGE = """<!doctype html><title>Shop</title><p>Unhealthy</p><p><i>home</i>Dashboard</p><p>3<span>Orders</span></p>
<p>not_ready</p><p>Job
   Type</p><script src="{other}/gtag.js"></script><script src="http://gone.invalid/a.js"></script>
<script src="/own.js"></script>"""


class Site:
    """A server with one page, which loads what is not there from itself and from another host."""

    def __init__(self) -> None:
        self.asked_for_icon = self.limited = False
        site = self

        class Pages(Handler):
            def do_GET(self) -> None:  # noqa: N802  as http.server calls it
                """The page, its script, or nothing."""
                site.asked_for_icon |= self.path == "/favicon.ico"
                other = f"http://localhost:{self.server.server_port}"  # type: ignore[attr-defined]
                body = PAGE.format(other=other).encode() if self.path == "/" else b""
                kind = "text/javascript" if self.path.endswith(".js") else "text/html"
                found = 429 if site.limited and self.path == "/own.js" else 200
                self.answer(found if self.path in ("/", "/own.js") else 404, body, kind)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def seen(site: Site, *sees: str) -> BrowserResult:
    return ChromiumBrowser({"app": WebPlace(url=site.url)}, {}, Redactor([])).visit(
        "app", Visit(path="/", sees=sees, limit=9)
    )


@pytest.mark.fault("a cause that nobody has seen")
def test_what_fails_at_other_sites_is_told_apart_with_its_host(site: Site) -> None:
    result = seen(site)
    assert sorted(result.elsewhere) == ["404 localhost/gtag.js", "failed gone.invalid/a.js"]
    assert (result.bad_answers, result.console) == ((), ())


@pytest.mark.fault("foreign words taken for the program's own")
def test_an_icon_that_only_the_browser_asks_for_is_not_missed(site: Site) -> None:
    result = seen(site, "a text for which the browser has time")
    assert site.asked_for_icon
    assert result.console == ()


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_text_is_not_found_inside_another_word(site: Site) -> None:
    result = seen(site, "healthy", "ready", "dashboard", "orders", "job type")
    assert result.missing == ("healthy", "ready")


@pytest.mark.parametrize(
    ("name", "text", "there"),
    [
        ("Order", "Orders", True),
        ("active", "Inactive", False),
        ("ACTIVE", "INACTIVE", False),
        ("42", "142", False),
        ("42", "Total42", True),
        ("Dashboard", "homeDashboard", True),
        ("a+b (c)", "A+B (C)", True),
        ("(c)", "a(c)", True),
        ("รายการ", "ดูรายการ", True),
        ("ß", "Straße", True),
    ],
)
def test_a_name_begins_where_a_word_begins(name: str, text: str, there: bool) -> None:
    assert bool(as_words(name).search(text)) is there
    assert isinstance(as_words(name), re.Pattern)


SAME = [
    ("cdn.shop.example", "shop.example"),
    ("Shop.Example.", "www.shop.example"),
    ("cdn.shop.co.uk", "app.shop.co.uk"),
    ("cdn.corp.internal", "app.corp.internal"),
    ("10.0.0.7", "10.0.0.7"),
    ("localhost", "localhost"),
]
DIFFERENT = [
    ("tags.co.uk", "shop.co.uk"),
    ("stats.vercel.app", "shop.vercel.app"),
    ("stats.example", "shop.example"),
    ("10.0.1.7", "10.0.0.7"),
    ("::1", "::2"),
    ("", "shop.example"),
]


@pytest.mark.fault("a cause that nobody has seen")
def test_hosts_are_of_one_site_as_the_browser_itself_has_it() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=_flags())
        sites = Sites(browser)
        both_ways = [(one, other) for pair in (*SAME, *DIFFERENT) for one, other in (pair, pair[::-1])]
        found = {pair for pair in both_ways if sites.are_one(*pair)}
        browser.close()
    assert found == {*SAME, *(pair[::-1] for pair in SAME)}


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_part_that_a_limit_answers_is_told_apart_from_one_that_fails(site: Site) -> None:
    site.limited = True
    browser = ChromiumBrowser({"app": WebPlace(url=site.url)}, {}, Redactor([]))
    result = browser.visit("app", Visit(path="/", limit=9))
    assert (result.limited, result.pause) == (("/own.js",), 5.0)
    assert (result.bad_answers, result.console) == ((), ())
    assert sorted(result.elsewhere) == ["404 localhost/gtag.js", "failed gone.invalid/a.js"]


def test_a_host_that_is_a_place_of_the_page_is_no_other_site(site: Site) -> None:
    cdn = f"http://localhost:{site.server.server_port}"
    browser = ChromiumBrowser({"app": WebPlace(url=site.url), "cdn": WebPlace(url=cdn)}, {}, Redactor([]))
    result = browser.visit("app", Visit(path="/", limit=9))
    assert (result.bad_answers, result.elsewhere) == (("404 /gtag.js",), ("failed gone.invalid/a.js",))

"""A page that never finishes to load is judged by what it shows; what it waits for is named."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bot.tools.browser import ChromiumBrowser
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.browser import Act, BrowserResult, Visit
from state.errors import Failed
from tests.bot.tools.site import Handler
from tests.served import HangingServer, served

OTHERS_FRAME = "<h1>Dashboard</h1><iframe hidden src='{other}/hangs'></iframe>"
PAGES = {
    "/frame": OTHERS_FRAME,
    "/image": "<h1>Dashboard</h1><img src='/hangs'><script>fetch('/hangs?poll')</script>",
    "/script": "<script src='{other}/hangs'></script><h1>Dashboard</h1>",
    "/button": OTHERS_FRAME + "<button onclick='document.body.append(`Thank you`)'>Order</button>",
    "/missing": "<h1>Dashboard</h1><img src='/none.png'>",
    "/busy": "<h1>Dashboard</h1><script>while (true) {{}}</script>",
    "/policy": "<h1>Dashboard</h1>",
    "/late": "<button id=order>Order</button><script>onload = () => import('/late.js')</script>",
    "/people": "<button id=order disabled>Order</button><script>if (!/headless|bot/i.test(navigator.userAgent))"
    "import('/late.js')</script>",
    "/covered": "<button>Order</button><div style='position:fixed;inset:0'>We value your privacy</div>",
}
PAGES["/blank"] = "<div id=root></div><noscript>This page needs JavaScript</noscript><script>1</script>"
PAGES["/soon"] = "<div id=root></div><script>setTimeout(() => root.append('Dashboard'), 300)</script>"
PAGES["/picture"] = "<canvas></canvas>"
IMAGE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
PAGES["/background"] = f"<div style='height:100vh;background-image:url({IMAGE})'></div>"
PAGES["/component"] = (
    "<x-a></x-a><script>document.querySelector('x-a').attachShadow({{mode:'closed'}}).append('Hi')</script>"
)
PAGES["/counted"] = (
    f"<div id=root></div><img src='{IMAGE}' width=1 height=1><svg style='display:none'></svg><iframe hidden></iframe>"
)
LATE = "order.disabled = false; order.onclick = () => document.body.append('Thank you')"


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a server whose `/hangs` never answers."""
    over = threading.Event()

    class Pages(Handler):
        def do_GET(self) -> None:  # noqa: N802  as http.server calls it
            """A page, or no answer."""
            if self.path.startswith("/hangs"):
                over.wait(60)
                return
            if self.path == "/late.js":
                time.sleep(1)  # after the page has loaded
                self.answer(200, LATE.encode(), "text/javascript")
                return
            if self.path == "/none.png":
                self.send_error(404)
                return
            other = f"http://localhost:{self.server.server_port}"  # type: ignore[attr-defined]
            page = f"<!doctype html><title>Shop</title>{PAGES[self.path].format(other=other)}"
            policy = "reflected-xss block" if self.path == "/policy" else "img-src *"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(page.encode())

    with served(HangingServer(Pages)) as server:
        yield f"http://127.0.0.1:{server.server_port}"
        over.set()


def seen(url: str, path: str, *acts: Act, limit: float = 3) -> BrowserResult:
    browser = ChromiumBrowser({"app": WebPlace(url=url)}, {}, Redactor([]))
    return browser.visit("app", Visit(path=path, sees=("Thank you" if acts else "Dashboard",), acts=acts, limit=limit))


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize(
    ("path", "missing", "bad", "elsewhere"),
    [
        ("/frame", (), (), ("no answer localhost/hangs",)),
        ("/image", (), ("no answer /hangs",), ()),
        ("/script", ("Dashboard",), (), ("no answer localhost/hangs",)),
    ],
)
def test_what_a_page_waits_for_is_named_and_what_it_shows_is_seen(
    url: str, path: str, missing: tuple[str, ...], bad: tuple[str, ...], elsewhere: tuple[str, ...]
) -> None:
    result = seen(url, path)
    assert (result.missing, result.bad_answers, result.elsewhere) == (missing, bad, elsewhere)


@pytest.mark.fault("slow, taken for broken")
def test_a_page_that_waits_for_another_site_is_clicked_through(url: str) -> None:
    result = seen(url, "/button", Act(kind="click", target="Order"))
    assert (result.stuck, result.missing, result.bad_answers) == ("", (), ())


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize("path", ["/late", "/people"])
def test_a_button_is_clicked_once_the_page_has_made_it_work_as_for_people(url: str, path: str) -> None:
    result = seen(url, path, Act(kind="click", target="Order"), limit=12)
    assert (result.stuck, result.missing) == ("", ())


@pytest.mark.fault("a deadline that success does not reset")
@pytest.mark.timeout(60)
def test_a_page_on_which_nothing_can_be_clicked_is_given_up(url: str) -> None:
    result = seen(url, "/covered", Act(kind="click", target="Order"))
    assert result.stuck == "“Order” could not be clicked: there is no such thing, or something covers it"
    assert result.missing == (), "what comes after it says nothing more"


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize(
    ("path", "blank"),
    [
        ("/blank", True),
        ("/counted", True),
        ("/soon", False),
        ("/picture", False),
        ("/background", False),
        ("/component", False),
    ],
)
def test_a_page_that_shows_nothing_at_all_has_failed(url: str, path: str, blank: bool) -> None:
    browser = ChromiumBrowser({"app": WebPlace(url=url)}, {}, Redactor([]))
    said = browser.visit("app", Visit(path=path, limit=3)).stuck
    assert said == ("the page shows nothing: no text, no picture and no control" if blank else "")


def test_a_page_that_itself_does_not_answer_was_not_opened(url: str) -> None:
    with pytest.raises(Failed, match="could not open /hangs of “app”"):
        seen(url, "/hangs")


@pytest.mark.fault("foreign words taken for the program's own")
def test_what_the_browser_remarks_about_a_header_is_no_error_of_the_page(url: str) -> None:
    result = seen(url, "/policy")
    assert result.console == ()
    assert result.remarks == ("Unrecognized Content-Security-Policy directive 'reflected-xss'.",)


@pytest.mark.fault("a deadline that success does not reset")
@pytest.mark.timeout(60)
def test_a_page_whose_script_never_ends_is_given_up(url: str) -> None:
    with pytest.raises(Failed, match="could not judge /busy of “app”: the page does not respond"):
        seen(url, "/busy")


def test_a_request_that_failed_is_told_once_and_not_by_the_console_too(url: str) -> None:
    result = seen(url, "/missing")
    assert (result.bad_answers, result.console) == (("404 /none.png",), ())

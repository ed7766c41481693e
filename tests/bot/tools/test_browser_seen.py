"""What a person sees of a page: the visible one of a name, what lies over it, other tabs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.tools.browser import ChromiumBrowser
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.browser import Act, BrowserResult, Visit
from tests.bot.tools.site import Handler
from tests.served import HangingServer, served

MENU = "<nav style='display:none'><h1>Dashboard</h1><button>Go</button><input placeholder=Search></nav>"
TWICE = (
    f"{MENU}<h1>Dashboard</h1><input placeholder=Search id=q>"
    "<button onclick='document.body.append(`Found ` + q.value)'>Go</button>"
)
DIALOG = "<div role=dialog style='position:fixed;inset:0;background:white'><h2>Your session</h2> is over</div>"
BANNER = "<div style='position:fixed;bottom:0;left:0;right:0;height:30%'>We use cookies</div>"
PAGES = {
    "/twice": TWICE,
    "/dialog": f"<h1>Dashboard</h1>{DIALOG}",
    "/banner": f"<div style='height:90vh'></div><h1>Dashboard</h1><div style='height:90vh'></div>{BANNER}",
    "/label": "<label><input type=checkbox style='opacity:0'><b>Dashboard</b></label>",
    "/tab": "<h1>Dashboard</h1><a target=_blank href='/twice?id=7'>Go</a>",
    "/asks": "<button onclick='if (confirm(`Delete it?`)) document.body.append(`Dashboard`)'>Go</button>",
    "/framed": "<h1>Shop</h1><iframe src='/dialog'></iframe>",
    "/framed-controls": "<h1>Shop</h1><iframe src='/twice'></iframe>",
    "/frame-of-log-in": "<h1>Shop</h1><iframe src='/twice' style='visibility:hidden'></iframe>",
    "/card": "<div style='position:relative'><h1>Dashboard</h1><a style='position:absolute;inset:0'>Go</a></div>",
    "/clear": "<h1>Dashboard</h1><div style='position:fixed;inset:0;background:gray;opacity:0'></div>",
    "/floating": (
        "<div style='position:relative'><label for=one style='position:absolute;pointer-events:none'>Dashboard</label>"
        "<input id=one style='background:white'></div>"
    ),
    "/shadow": (
        "<my-card></my-card><script>document.querySelector('my-card').attachShadow({mode: 'open'}).innerHTML = "
        "'<h1>Dashboard</h1>'</script>"
    ),
    "/shade": "<h1>Dashboard</h1><div style='position:fixed;inset:0;background:rgb(0 0 0 / 0.9)'><p>Wait</p></div>",
    "/search": (
        "<form aria-label=Search><button type=button aria-label=Search>?</button><input aria-label=Search id=q>"
        "<button type=button onclick='document.body.append(`Found ` + q.value)'>Go</button></form>"
    ),
    "/hidden-frame": "<h1>Shop</h1><iframe src='/dialog' style='display:none'></iframe>",
    "/drawn": "<style>h1::before {content: 'Dashboard'}</style><h1></h1>",
    "/cleared": "<style>div::after {content: ''; display: table}</style><div id=root style='height:9px'></div>",
}


@pytest.fixture
def url() -> Iterator[str]:
    class Pages(Handler):
        def do_GET(self) -> None:  # noqa: N802  as http.server calls it
            """A page."""
            page = PAGES.get(self.path.partition("?")[0], "")
            icon = "<!doctype html><title>Shop</title><link rel=icon href='data:,'>"
            self.answer(200, f"{icon}{page}".encode(), "text/html")

    with served(HangingServer(Pages)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def seen(url: str, path: str, *acts: Act, sees: str = "Dashboard", limit: float = 30) -> BrowserResult:
    """What the browser found; what is not there it waits for, for a third of `limit`."""
    browser = ChromiumBrowser({"app": WebPlace(url=url)}, {}, Redactor([]))
    return browser.visit("app", Visit(path=path, sees=(sees,) if sees else (), acts=acts, limit=limit))


@pytest.mark.fault("the first of several for all")
def test_a_hidden_menu_before_it_keeps_nothing_from_being_seen_typed_into_and_clicked(url: str) -> None:
    assert seen(url, "/twice").missing == ()
    acts = (Act(kind="fill", target="Search", value="jobs"), Act(kind="click", target="Go"))
    result = seen(url, "/twice", *acts, sees="Found jobs")
    assert (result.stuck, result.missing) == ("", ())


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("/dialog", {"Dashboard": "Your session is over"}),
        ("/shade", {"Dashboard": "Wait"}),
        ("/banner", {}),
        ("/label", {}),
        ("/card", {}),
        ("/clear", {}),
        ("/floating", {}),
        ("/shadow", {}),
    ],
)
def test_what_lies_over_a_text_is_told_and_what_lies_elsewhere_is_not(
    url: str, path: str, covered: dict[str, str]
) -> None:
    result = seen(url, path)
    assert (result.missing, result.covered) == ((), covered)


def test_a_button_of_the_fields_name_is_not_typed_into(url: str) -> None:
    acts = (Act(kind="fill", target="Search", value="jobs"), Act(kind="click", target="Go"))
    assert seen(url, "/search", *acts, sees="Found jobs").stuck == ""


@pytest.mark.fault("a cause that nobody has seen")
def test_what_cannot_be_typed_or_clicked_because_it_is_in_a_frame_is_told_as_that(url: str) -> None:
    click, fill = Act(kind="click", target="Go"), Act(kind="fill", target="Search", value="x")
    for act in (click, fill):
        stuck = seen(url, "/framed-controls", act, limit=3).stuck
        assert stuck.startswith(f"“{act.target}” is in a frame of the page, where nothing is clicked or filled"), stuck
    assert "is in a frame" not in seen(url, "/frame-of-log-in", click, limit=3).stuck, "nobody sees that frame"


def test_a_tab_that_a_click_opens_is_told_without_its_query(url: str) -> None:
    assert seen(url, "/tab", Act(kind="click", target="Go")).tabs == ("127.0.0.1/twice",)


@pytest.mark.parametrize(("path", "blank"), [("/drawn", False), ("/cleared", True)])
def test_a_text_of_the_stylesheet_alone_is_something_to_see(url: str, path: str, blank: bool) -> None:
    assert ("shows nothing" in seen(url, path, sees="", limit=6 if blank else 30).stuck) is blank


@pytest.mark.fault("a cause that nobody has seen")
def test_what_a_page_asks_in_a_window_of_its_own_is_told(url: str) -> None:
    result = seen(url, "/asks", Act(kind="click", target="Go"), sees="Go")
    assert (result.stuck, result.asked) == ("", ("Delete it?",))


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("path", "missing"), [("/framed", ()), ("/hidden-frame", ("Dashboard",)), ("/frame-of-log-in", ("Dashboard",))]
)
def test_a_text_in_a_frame_is_seen_if_people_see_it(url: str, path: str, missing: tuple[str, ...]) -> None:
    assert seen(url, path, limit=6 if missing else 30).missing == missing

"""A drill reaches nothing of the page's own places: each kind of tool is asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.drill_box.values import WithBoxes, write_values
from bot.feeds.cloud_event import Mask
from bot.rehearsal.target.ssh_server import SshServer
from bot.settings import Settings
from bot.tools.browser import find_browser
from bot.wiring import fingerprints_of, tools_for
from bot.wiring_doors import make_deps
from commands.ports.browser import Visit
from commands.ports.page_text import PageText
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest
from commands.runbook import Page
from commands.runbook.drill import drill_page
from commands.start.preflight import PreflightReport
from state.errors import BadSettings, Failed, GonogoError
from state.records import Drill
from state.sqlite.store import Store
from tests.pages import run, small

ZONE = 'time_zone = "Asia/Bangkok"'
PAGE = small(**{ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"'})
BOX = "0A1B2C3D"
DRILLS = {"places of its own": drill_page(PAGE), "a sandbox": drill_page(PAGE, BOX)}


class _Site(ThreadingHTTPServer):
    """A web server that counts its requests, and redirects to `to` if that is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.to = ""
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        site = self.server
        assert isinstance(site, _Site)
        site.asked.append(self.path)
        self.send_response(302 if site.to else 200)
        if site.to:
            self.send_header("Location", site.to)
        self.end_headers()
        self.wfile.write(b"<h1>here</h1>")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def sites() -> Iterator[tuple[_Site, _Site]]:
    """The page's own site, and the drill's."""
    both = _Site(), _Site()
    for site in both:
        Thread(target=site.serve_forever, daemon=True).start()
    yield both
    for site in both:
        site.shutdown()
        site.server_close()


@pytest.fixture(params=DRILLS)
def asked(request: pytest.FixtureRequest, ssh: SshServer, tmp_path: Path) -> Iterator[tuple[Tools, _Site, _Site]]:
    """The drill's real tools, made from an environment that holds the page's own values as well."""
    with sites() as (own, drill):
        tools = tools_for(DRILLS[request.param], settings(ssh, tmp_path, own, drill))
        yield tools, own, drill
        tools.close()


def settings(ssh: SshServer, folder: Path, own: _Site, drill: _Site) -> Settings:
    login = {"KEY": str(ssh.key), "KNOWN_HOSTS": str(ssh.known_hosts)}
    environ = {
        "SHOP_SSH": "deploy@shop.example:22",
        "SHOP_URL": own.url,
        "SHOP_TOKEN": "t0p-s3cret-of-shop",
        "DRILL_SSH": ssh.address,
        "DRILL_URL": drill.url,
        **{f"{which}_{name}": value for which in ("SHOP", "DRILL") for name, value in login.items()},
    }
    box = folder / BOX
    box.mkdir()
    write_values(box, {"SSH": ssh.address, "URL": drill.url, **login})
    return Settings(runbook=folder, state=folder / "gonogo.db", environ=WithBoxes(environ, folder))


@pytest.mark.parametrize("name", ["$SHOP_SSH", "$SHOP_URL", "$SHOP_TOKEN"])
def test_no_tool_puts_in_a_variable_of_the_page_itself(asked: tuple[Tools, _Site, _Site], name: str) -> None:
    tools, own, drill = asked
    text = PageText(name)
    calls = (
        lambda: tools.shell.ask("backend", 'echo "$X"', env={"X": text}),
        lambda: tools.web.request("api", HttpRequest(path=text)),
        lambda: tools.web.request("api", HttpRequest(path="/", headers={"X": text})),
        lambda: tools.web.request("api", HttpRequest(path="/", method="POST", json={"x": text})),
        lambda: tools.browser.visit("api", Visit(path=text, sees=())),
    )
    for call in calls:
        with pytest.raises(BadSettings, match="is not set in the bot's environment"):
            call()
    assert (own.asked, drill.asked) == ([], [])


def test_a_command_on_the_drills_host_has_none_of_the_pages_own_values(asked: tuple[Tools, _Site, _Site]) -> None:
    tools, own, _ = asked
    environment = tools.shell.ask("backend", "env; set").tail
    assert own.url not in environment
    assert "shop.example" not in environment
    assert "SHOP_" not in environment


def test_the_places_of_a_drill_lead_to_the_drill_alone(asked: tuple[Tools, _Site, _Site]) -> None:
    tools, own, drill = asked
    assert tools.web.request("api", HttpRequest(path="/x")).status == 200
    assert (own.asked, drill.asked) == ([], ["/x"])
    for place in ("SHOP_URL", "$SHOP_URL", own.url):
        with pytest.raises((GonogoError, KeyError)):
            tools.web.request(place, HttpRequest(path="/"))
    for host in ("deploy@shop.example:22", "shop.example", "production"):
        with pytest.raises((GonogoError, KeyError)):
            tools.shell.ask(host, "true")
    assert own.asked == []


@pytest.mark.parametrize("path", ["@127.0.0.1:{port}/", "//127.0.0.1:{port}/", "/../../127.0.0.1:{port}/"])
def test_no_path_leads_out_of_the_drills_site(asked: tuple[Tools, _Site, _Site], path: str) -> None:
    tools, own, _ = asked
    tools.web.request("api", HttpRequest(path=path.format(port=own.server_port)))
    assert own.asked == []


def test_a_redirect_to_the_pages_own_site_is_followed_by_no_tool(asked: tuple[Tools, _Site, _Site]) -> None:
    tools, own, drill = asked
    drill.to = own.url
    assert tools.web.request("api", HttpRequest(path="/")).status == 302
    if find_browser():
        with pytest.raises(Failed, match="could not open"):
            tools.browser.visit("api", Visit(path="/", sees=("here",)))
        assert drill.asked == ["/", "/"]
    assert own.asked == []


def test_an_alias_of_ssh_leads_nowhere(
    ssh: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[Tools, _Site, _Site]
) -> None:
    folder = tmp_path / ".ssh"
    folder.mkdir()
    (folder / "config").write_text("Host 127.0.0.1 *\n  HostName shop.example\n  ProxyCommand false\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert asked[0].shell.ask("backend", "echo there").tail == "there\n", "no file of ssh turns the drill's address"


def test_what_is_masked_in_a_drill_are_the_pages_own_secrets_too(tmp_path: Path) -> None:
    page = small(
        **{
            ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"',
            'path = "/health"\n': 'path = "/health"\nheaders = { Authorization = "Bearer $SHOP_TOKEN" }\n',
        }
    )
    environ = {"SHOP_TOKEN": "t0p-s3cret-of-shop", "DRILL_TOKEN": "t0ken-of-the-drill"}
    store = Store(tmp_path / "gonogo.db")
    deps = make_deps(
        Settings(runbook=tmp_path, state=tmp_path / "gonogo.db", environ=environ),
        store,
        dict,
        lambda *_: PreflightReport(),
    )
    masked = deps.mask(drill_page(page), "t0p-s3cret-of-shop and t0ken-of-the-drill")
    store.close()
    others = Mask(run(text=drill_page(page).text, page=page.name, drill=Drill.PLACES), environ)
    masked += others("summary", "t0p-s3cret-of-shop and t0ken-of-the-drill")
    assert "s3cret" not in masked
    assert "t0ken" not in masked


def test_the_places_of_a_drill_have_other_fingerprints_than_the_pages_own() -> None:
    environ = {"SHOP_SSH": "a@shop:22", "DRILL_SSH": "a@drill:22", "SHOP_URL": "https://shop", "DRILL_URL": "https://d"}
    pages: tuple[Page, ...] = (PAGE, drill_page(PAGE))
    own, drill = (fingerprints_of(page, environ) for page in pages)
    assert own["host backend: address"] != drill["host backend: address"]

"""`publish` behind a real nginx: a browser must get what the page names."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.ports.web import HttpResponse
from commands.systems.page_parts import named_parts, part_problem, path_at_place
from commands.systems.preflight.served_parts import ServedPartsCheck
from tests import nginx
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, NEW, OLD
from tests.commands.steps.kinds.test_publish_nginx import QUICK, Served, published, write_page

SERVER = "server {{ listen 127.0.0.1:{port}; root {www}/current; location / {{ {more} }} }}"
SINGLE_PAGE = "try_files $uri /index.html;"
RIGHTS = " Perhaps the web server may not read the file: look at its rights and its folders'."


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="nginx runs as the user of this test, who may read all")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may read, also the user of nginx."""
    name = Path(tempfile.mkdtemp(prefix="gt-www-", dir="/tmp"))
    name.chmod(0o755)
    yield name
    shutil.rmtree(name)


def site_at(folder: Path, port: int, base: str = "") -> Served:
    """A site with the old release and a new build, each with a page, a script and a stylesheet."""
    site = Served(folder, port)
    for where, name in ((site.www / "releases" / OLD, "old"), (site.build, "new")):
        write_page(where, name)
    site.web.close()
    site.web = HttpWeb({"app": WebPlace(url=PageText(f"http://127.0.0.1:{port}{base}"))}, {}, Redactor([]))
    return site


def unreadable(build: Path) -> None:
    (build / "assets" / "index-new.js").chmod(0o600)


def closed_folder(build: Path) -> None:
    (build / "assets").chmod(0o700)


def missing(build: Path) -> None:
    (build / "assets" / "index-new.js").unlink()


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("spoil", "more", "why"),
    [
        pytest.param(unreadable, "", f"answers 403, and the page needs it.{RIGHTS}", marks=AS_ROOT),
        pytest.param(closed_folder, "", f"answers 403, and the page needs it.{RIGHTS}", marks=AS_ROOT),
        (missing, "", "answers 404, and the page needs it."),
        (missing, SINGLE_PAGE, "answers with a web page in place of a script: the file is not there."),
    ],
)
def test_a_script_that_no_browser_gets_fails_the_step(
    folder: Path, monkeypatch: pytest.MonkeyPatch, spoil: object, more: str, why: str
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "nobody nogroup")
    port = free_port()
    site = site_at(folder, port)
    spoil(site.build)  # type: ignore[operator]
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more=more)):
        outcome = published(site, FORWARD + QUICK)
        site.web.close()
    assert (outcome.state, outcome.summary) == ("failed", f"/assets/index-new.js on app {why}")


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_rollback_goes_on_and_says_what_no_browser_gets(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more="")):
        assert published(site, FORWARD + QUICK).state == "done"
        (site.www / "releases" / OLD / "assets" / "index-old.js").unlink()
        site.shell.ended.clear()
        back = published(site, BACK + QUICK)
        site.web.close()
    gone = "/assets/index-old.js on app answers 404, and the page needs it."
    assert (back.state, back.summary) == ("done", f"The build of commit {OLD[:10]} is served. But {gone}")
    assert back.not_compared == (f"whether the page works: {gone}",)
    assert back.compared == (
        f"app serves the build of {OLD[:10]} with its page, which names that build's scripts and stylesheets",
    )


def test_a_place_below_a_path_is_asked_below_it(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port, "/shop")
    page = '<!doctype html><base href="/shop/"><script src="assets/index-new.js"></script><link href="/shop/s.css">'
    (site.build / "index.html").write_text(page)
    server = f"server {{ listen 127.0.0.1:{port}; location /shop/ {{ alias {site.www}/current/; }} }}"
    with nginx.nginx_serves(folder, port, server):
        outcome = published(site, FORWARD + QUICK)
        assert outcome.state == "done", outcome.summary
        (site.www / "current" / "s.css").unlink()
        site.shell.ended.clear()
        (site.build / "s.css").unlink()
        outcome = published(site, FORWARD + QUICK)
        site.web.close()
    assert outcome.summary == "/s.css on app answers 404, and the page needs it."


def test_what_comes_from_another_place_is_named_as_not_looked_at(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    page = "<!doctype html><script src=https://cdn.example/x.js></script><link href=/s.css>"
    (site.build / "index.html").write_text(page)
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more="")):
        outcome = published(site, FORWARD + QUICK)
        site.web.close()
    assert outcome.state == "done", outcome.summary
    assert outcome.not_compared == (
        "whether https://cdn.example/x.js can be loaded: the page gets it from another place",
    )


def look(site: Served) -> list[PreflightResult]:
    tools = site.context().tools
    object.__setattr__(tools, "web", site.web)
    return ServedPartsCheck(web="app").run_preflight(PreflightContext(tools=tools, ref="main", seconds_for_advice=20))


@pytest.mark.fault("found too late, known before")
def test_what_the_present_page_names_in_vain_is_said_before_the_start(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more="")):
        (good,) = look(site)
        (site.www / "current" / "s.css").unlink()
        (bad,) = look(site)
        site.web.close()
    assert (good.level, good.summary) == (
        "ok",
        "the scripts and stylesheets of the page that is served now can be loaded",
    )
    assert (bad.level, bad.summary) == ("warn", "now /s.css on app answers 404, and the page needs it")
    assert look(site) == [], "a place that does not answer is another check's"


@pytest.mark.parametrize(
    ("page", "part", "path"),
    [
        ("", "/a.js", "/a.js"),
        ("", "a.js?v=1&amp;w=2", "/a.js?v=1&w=2"),
        ("", "../a.js", "/a.js"),
        ('<base href="/app/">', "a.js", "/app/a.js"),
        ("<base href=https://cdn.example/>", "a.js", None),
        ("", "//cdn.example/a.js", None),
        ("", "data:text/javascript,1", None),
        ("", "http://[x/a.js", None),
    ],
)
def test_the_path_of_a_part_is_the_browsers(page: str, part: str, path: str | None) -> None:
    answer = HttpResponse(status=200, seconds=0, headers={}, text=page)
    assert path_at_place(answer, part) == path


def test_an_answer_that_leads_elsewhere_is_not_called_broken() -> None:
    assert not part_problem("app", "/a.js", HttpResponse(status=302, seconds=0, headers={}, text=""))


def test_the_parts_of_a_page_are_read_as_the_host_reads_them() -> None:
    page = f"<SCRIPT SRC='/a.mjs'></SCRIPT><link href=/b.css?1><a href=/c.html>{NEW}</a><script src=/a.mjs></script>"
    assert named_parts(page) == ("/a.mjs", "/b.css?1")


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("path", "sent", "module", "is_refused"),
    [
        ("/a.js", "text/plain", True, True),
        ("/a.js", "text/javascript; charset=utf-8", True, False),
        ("/a.js", "application/javascript", True, False),
        ("/a.mjs", "application/octet-stream", True, True),
        ("/a.js", "text/plain", False, False),
        ("/a.css", "text/plain", False, True),
        ("/a.css?v=1", "text/css", False, False),
        ("/a.js", "", True, False),
    ],
)
def test_what_browsers_refuse_for_its_type_is_named(path: str, sent: str, module: bool, is_refused: bool) -> None:
    answer = HttpResponse(status=200, seconds=0, headers={"Content-Type": sent} if sent else {}, text="let a = 1")
    problem = part_problem("app", path, answer, module=module)
    assert bool(problem) is is_refused, problem
    assert not problem or problem.endswith("so browsers refuse it: correct the web server's MIME types.")


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_web_server_that_knows_no_type_of_scripts_fails_the_step(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    server = f"default_type text/plain; {SERVER.format(port=port, www=site.www, more='')}"
    types = server.replace("root", "types { text/html html; text/css css; application/json json; } root")
    with nginx.nginx_serves(folder, port, types):
        outcome = published(site, FORWARD + QUICK)
        site.web.close()
    assert outcome.state == "failed"
    assert outcome.summary.startswith("/assets/index-new.js on app has the type text/plain, so browsers refuse it")

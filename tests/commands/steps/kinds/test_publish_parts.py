"""`publish` behind a real nginx: a browser must get what the page names."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightContext, PreflightResult
from commands.ports.web import HttpResponse
from commands.steps.outcome import Outcome
from commands.steps.shared import served_build
from commands.systems.page_parts import part_problem, path_at_place
from commands.systems.page_tags import Part, read_tags
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
    """A site with the old release and a new build, each with a page, a script and a stylesheet.

    The new build has the script of the old one, too, so that tabs that are open miss nothing.
    """
    site = Served(folder, port)
    for where, name in ((site.www / "releases" / OLD, "old"), (site.build, "new")):
        write_page(where, name)
    (site.build / "assets" / "index-old.js").write_text("1")
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
    ("base", "address", "path"),
    [
        ("", "/a.js", "/a.js"),
        ("", "a.js?v=1&w=2", "/a.js?v=1&w=2"),
        ("", "../a.js", "/a.js"),
        ("/app/", "a.js", "/app/a.js"),
        ("https://cdn.example/", "a.js", None),
        ("", "//cdn.example/a.js", None),
        ("", "https://shop.example/a.js", "/a.js"),
        ("", "https://SHOP.example:443/a.js", "/a.js"),
        ("", "http://shop.example/a.js", None),
        ("", "data:text/javascript,1", None),
        ("", "https://[x/a.js", None),
        ("", "https://shop.example:port/a.js", None),
    ],
)
def test_the_path_of_a_part_is_the_browsers(base: str, address: str, path: str | None) -> None:
    answer = HttpResponse(status=200, seconds=0, headers={}, text="", origin="https://shop.example")
    assert path_at_place(answer, base, address) == path


def test_the_tags_of_a_page_are_read_as_browsers_read_them() -> None:
    page = (
        "<!-- <script src=/old.js></script> --><SCRIPT SRC = '/a.mjs'></SCRIPT><link href=/b.css?1><a href=/c.js>C</a>"
        "<script>document.write('<script src=/written.js><\\/script>')</script><script src=/a.mjs></script>"
        '<img data-src=/lazy.js><script type="text/template" src=/t.js></script><noscript><link href=/n.css></noscript>'
        '<script data-a="x>y" src="/my &amp; app"></script><link rel="Stylesheet" href="/theme">'
        "<link rel=icon href=/i.png><link rel=modulepreload href=/m><link rel=preload as=script href=/p>"
        "<script type=Module src=/n.css.js></script>"
    )
    parts = [Part("/a.mjs"), Part("/b.css?1", True), Part("/my & app"), Part("/theme", True)]
    assert read_tags(page).parts == (*parts, Part("/m", module=True), Part("/p"), Part("/n.css.js", module=True))


A = '<script src="/a.js"></script>'


@pytest.mark.fault("one text, two readers")
@pytest.mark.parametrize(
    ("page", "addresses"),
    [
        (f'<textarea><script src="/x.js"></script></textarea>{A}', ["/a.js"]),
        (f'<title>how <script src="/x.js"></script> works</title>{A}', ["/a.js"]),
        (f'<style>/* <link rel=stylesheet href="/x.css"> */</style>{A}', ["/a.js"]),
        (f'<template><template>{A}</template><script src="/x.js"></script></template>{A}', ["/a.js"]),
        (f'{A}<plaintext><script src="/x.js"></script>', ["/a.js"]),
        (f"<!-->{A}<!-- x -->", ["/a.js"]),
        (f"<!-- x --!>{A}", ["/a.js"]),
        (f'<script nomodule src="/x.js"></script>{A}', ["/a.js"]),
        (
            f'<link rel=stylesheet disabled href="/x.css"><link rel=stylesheet type=text/less href="/x.less">{A}',
            ["/a.js"],
        ),
        (f'<link rel=canonical href="/x.js"><link rel=icon href="/x.css">{A}', ["/a.js"]),
        (f'<script type="application/javascript+x" src="/x.js"></script>{A}', ["/a.js"]),
        (f"<script data-x=it's src=/b.js></script>{A}", ["/b.js", "/a.js"]),
        ('<link rel=stylesheet href=/a.css?x="1>', ['/a.css?x="1']),
    ],
)
def test_what_no_browser_loads_is_no_part_of_a_page_and_what_each_loads_is(page: str, addresses: list[str]) -> None:
    assert [part.address for part in read_tags(page).parts] == addresses


@pytest.mark.parametrize(
    "text",
    [
        "<script '",
        "<!--",
        "<script>",
        '<link a="',
        "<template>",
        "<title>",
        "<plaintext>",
        "<a=",
        "<link ",
        "<script a=b ",
    ],
)
def test_a_page_of_another_form_takes_no_time_that_grows_with_its_square(text: str) -> None:
    assert read_tags(text * 100_000).parts == ()


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("part", "sent", "more", "is_refused"),
    [
        (Part("/a.js", module=True), "text/plain", "", True),
        (Part("/a.js", module=True), "", "", True),
        (Part("/a.js", module=True), "text/javascript; charset=utf-8", "", False),
        (Part("/a.js", module=True), "application/x-javascript", "", False),
        (Part("/a.js", module=True), "application/postscript", "", True),
        (Part("/a.mjs", module=True), "application/octet-stream", "", True),
        (Part("/a.js"), "text/plain", "", False),
        (Part("/a.js"), "text/plain", "nosniff", True),
        (Part("/a.js"), "", "nosniff", True),
        (Part("/a.js"), "", "", False),
        (Part("/a.ts"), "video/mp2t", "", True),
        (Part("/a.css.js"), "application/javascript", "nosniff", False),
        (Part("/a.css", stylesheet=True), "text/plain", "", True),
        (Part("/A.CSS?v=1", stylesheet=True), "text/css", "nosniff", False),
        (Part("/a.css", stylesheet=True), "", "", False),
        (Part("/a.css", stylesheet=True), "", "nosniff", True),
    ],
)
def test_what_browsers_refuse_for_its_type_is_named(part: Part, sent: str, more: str, is_refused: bool) -> None:
    headers = {name: value for name, value in (("Content-Type", sent), ("X-Content-Type-Options", more)) if value}
    problem = part_problem("/a.js on app", part, HttpResponse(status=200, seconds=0, headers=headers, text="let a = 1"))
    assert bool(problem) is is_refused, problem
    assert not problem or problem.endswith("so browsers refuse it: correct the web server's MIME types.")


SCRIPT = '<script src="/{}"></script>'.format
WITH_MORE = "server {{ listen 127.0.0.1:{port}; root {www}/current; location / {{ }} {more} }}"


def published_behind(folder: Path, change: Callable[[Served], object], server: str, more: str, by: str) -> Outcome:
    """The outcome of publishing the build after `change`, behind an nginx with this server and `more` settings."""
    port = free_port()
    site = site_at(folder, port)
    change(site)
    with nginx.nginx_serves(folder, port, server.format(port=port, www=site.www, more=more)):
        outcome = published(site, by + QUICK)
        site.web.close()
    return outcome


def published_page(folder: Path, page: str, more: str) -> Outcome:
    """The outcome of publishing a build with this page and the script a.js, behind an nginx with `more` settings."""

    def write(site: Served) -> None:
        (site.build / "index.html").write_text(f"<!doctype html>{page}")
        for name in ("a.js", "vendor/a.js", "theme.css.js"):
            (site.build / name).parent.mkdir(exist_ok=True)
            (site.build / name).write_text("let a = 1")

    return published_behind(folder, write, WITH_MORE, more, FORWARD)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("page", "more", "why"),
    [
        (SCRIPT("vendor/a.js") + SCRIPT("gone/a.js"), "", "/gone/a.js on app answers 404, and the page needs it."),
        (SCRIPT("vendor/b.js") + SCRIPT("a.js"), "", "/vendor/b.js on app answers 404, and the page needs it."),
        (SCRIPT("a.js") + SCRIPT("my app.js"), "", "/my app.js on app answers 404, and the page needs it."),
        (SCRIPT("a.js") + SCRIPT("gone"), "", "/gone on app answers 404, and the page needs it."),
        (
            SCRIPT("gone.js"),
            "error_page 404 = @home; location @home { return 302 /; }",
            "/gone.js on app leads to /, which answers with a web page in place of a script: the file is not there.",
        ),
        (SCRIPT("b.js"), "rewrite ^/b.js$ /b.js redirect;", "/b.js on app leads on and on, so no browser gets it."),
        (
            SCRIPT("gone.js"),
            "error_page 404 =200 /build.json;",
            "/gone.js on app answers with JSON in place of a script: the file is not there.",
        ),
        (
            "<script type=module src=/a.js></script>",
            "location = /a.js { types {} default_type ''; }",
            "/a.js on app has no type, so browsers refuse it: correct the web server's MIME types.",
        ),
    ],
)
def test_a_page_that_works_in_no_browser_fails_the_step(folder: Path, page: str, more: str, why: str) -> None:
    outcome = published_page(folder, page, more)
    assert (outcome.state, outcome.summary) == ("failed", why)


@pytest.mark.parametrize(
    ("page", "more"),
    [
        (SCRIPT("theme.css.js"), "add_header X-Content-Type-Options nosniff;"),
        (SCRIPT("a.js?only=x.css"), ""),
        (SCRIPT("a.js") + "<!--[if lt IE 9]>" + SCRIPT("html5shiv.js") + "<![endif]-->", ""),
        (SCRIPT("a.js") + "<a href=/docs/example.js>Example</a><img data-src=/lazy.js>", ""),
        (SCRIPT("b.js"), "rewrite ^/b.js$ /a.js redirect;"),
    ],
)
def test_a_page_that_works_in_a_browser_passes(folder: Path, page: str, more: str) -> None:
    outcome = published_page(folder, page, more)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary
    assert outcome.compared == (f"app serves the build of {NEW[:10]} with its page, scripts and stylesheets",)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("page", "more", "unseen"),
    [
        (
            "".join(SCRIPT(f"a.js?{number}") for number in range(52)),
            "",
            "whether 2 more scripts or stylesheets of the page can be loaded",
        ),
        (
            SCRIPT("b.js"),
            "rewrite ^/b.js$ http://127.0.0.1:9/b.js redirect;",
            "whether /b.js can be loaded: the page gets it from another place",
        ),
        (
            SCRIPT("b.js"),
            "rewrite ^/b.js$ /c.js?token=tulip9 redirect;",
            "whether /c.js?token=••• can be loaded: its address holds a secret",
        ),
        (
            SCRIPT("gone.js"),
            "sub_filter '<script src' '<script data-src';",
            "whether its scripts and stylesheets can be loaded: no tag of the served page loads them",
        ),
    ],
)
def test_what_was_not_asked_for_is_not_called_whole(folder: Path, page: str, more: str, unseen: str) -> None:
    outcome = published_page(folder, page, more)
    assert (outcome.state, outcome.not_compared) == ("done", (unseen,)), outcome.summary
    assert "which names that build's" in outcome.compared[0]


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


LIMIT = f"limit_req_zone $binary_remote_addr zone=bot:1m rate=RATE; {SERVER}"
LIMITED = "limit_req zone=bot; limit_req_status 429; add_header Retry-After 1 always;"


@pytest.mark.fault("foreign words taken for the program's own")
def test_a_limit_on_requests_in_front_is_waited_for(folder: Path) -> None:
    outcome = published_behind(folder, lambda _: None, LIMIT.replace("RATE", "50r/s"), LIMITED, FORWARD)
    assert outcome.state == "done", outcome.summary


@pytest.mark.fault("a cause that nobody has seen")
def test_a_limit_that_lets_nothing_pass_says_nothing_of_the_build(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_build, "LIMIT_PATIENCE", 1.0)
    outcome = published_behind(folder, lambda _: None, LIMIT.replace("RATE", "1r/m"), LIMITED, FORWARD)
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert "is answered by a limit on requests (429), so the service itself was not asked" in outcome.summary

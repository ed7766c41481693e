"""`publish` in front of a real nginx that keeps the files of the old build open for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.tools.clock import SystemClock
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.page_text import PageText
from commands.ports.web import HttpRequest
from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.builders import box
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, OLD, Site
from tests.nginx import nginx_serves

HTTP = """\
  open_file_cache max=100;
  open_file_cache_valid 5s;
  server {{ listen 127.0.0.1:{port}; root {www}/current; }}
"""

# a cache keeps the pages, and passes on what names the build
KEEPS_PAGES = """\
  proxy_cache_path {www}/../cache keys_zone=pages:1m;
  server {{
    listen 127.0.0.1:{port};
    proxy_cache_key $uri; proxy_cache_valid 200 1h;
    location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_cache pages; }}
    location = /build.json {{ proxy_pass http://127.0.0.1:{behind}; }}
  }}
  server {{ listen 127.0.0.1:{behind}; root {www}/current; }}
"""
PAGE = "<!doctype html>\n<script type=module src=/assets/index-{}.js></script><link href='/s.css' rel=stylesheet>"
QUICK = '\nready_within = "1 s"'


class Served(Site):
    """A site behind nginx at a port."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder)
        self.web = HttpWeb({"app": WebPlace(url=PageText(f"http://127.0.0.1:{port}"))}, {}, Redactor([]))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    """Such a site, which has been asked for its old build."""
    port = free_port()
    site = Served(tmp_path, port)
    for folder in (site.www / "releases" / OLD, site.build):
        (folder / "index.html").write_text("<!doctype html>")
    with nginx_serves(tmp_path, port, HTTP.format(port=port, www=site.www)):
        yield site
        site.web.close()


@pytest.mark.fault("slow, taken for broken")
@pytest.mark.parametrize(("more", "state"), [("", "done"), ('ready_within = "1 s"', "failed")])
def test_a_web_server_that_serves_the_old_build_from_open_files_is_waited_for(
    site: Served, more: str, state: str
) -> None:
    assert OLD in site.web.request("app", HttpRequest(path="/build.json")).text
    outcome = published(site, f"{FORWARD}\n{more}")
    assert outcome.state == state, outcome.summary


@pytest.fixture
def cached(tmp_path: Path) -> Iterator[Served]:
    """A site behind a cache of pages, whose builds have pages that name other scripts."""
    port = free_port()
    site = Served(tmp_path, port)
    for folder, name in ((site.www / "releases" / OLD, "old"), (site.build, "new")):
        write_page(folder, name)
    with nginx_serves(tmp_path, port, KEEPS_PAGES.format(port=port, behind=free_port(), www=site.www)):
        yield site
        site.web.close()


def write_page(folder: Path, name: str) -> None:
    """A build's page, with its script and its stylesheet."""
    (folder / "index.html").write_text(PAGE.format(name))
    (folder / "assets").mkdir()
    (folder / "assets" / f"index-{name}.js").write_text("let a = 1")
    (folder / "s.css").write_text("p { color: red }")


def published(site: Served, toml: str) -> Outcome:
    """The step with the real web, and with a clock that waits."""
    ctx = site.context()
    return execute(box("publish", toml), replace(ctx, tools=replace(ctx.tools, web=site.web, clock=SystemClock())))


@pytest.mark.fault("compared with itself")
def test_a_page_of_before_that_a_cache_keeps_is_not_the_build(cached: Served) -> None:
    assert "index-old" in cached.web.request("app", HttpRequest(path="/")).text
    outcome = published(cached, FORWARD + QUICK)
    assert outcome.state == "failed"
    assert outcome.summary == (
        "app/ is not this build's page: it does not name /assets/index-new.js. Perhaps a cache in front answered, "
        "such as a CDN or nginx's proxy_cache. Purge the cache, or let it revalidate pages at each request."
    )


@pytest.mark.fault("compared with itself")
def test_a_page_of_the_removed_build_that_a_cache_keeps_is_no_rollback(cached: Served) -> None:
    outcome = published(cached, FORWARD + QUICK)
    assert outcome.compared == ("app serves the build of 2222222222 with its page, scripts and stylesheets",)
    cached.shell.ended.clear()
    back = published(cached, BACK + QUICK)
    assert (back.state, "it does not name /assets/index-old.js" in back.summary) == ("failed", True)


def test_a_page_into_which_a_proxy_writes_more_is_still_the_builds(tmp_path: Path) -> None:
    port = free_port()
    site = Served(tmp_path, port)
    write_page(site.build, "new")
    more = "sub_filter '/assets/' 'https://cdn.example/assets/'; sub_filter '</script>' '</script><script src=/x.js>';"
    server = f"server {{ listen 127.0.0.1:{port}; root {site.www}/current; {more} }}"
    with nginx_serves(tmp_path, port, server):
        outcome = published(site, FORWARD + QUICK)
        site.web.close()
    assert outcome.state == "done", outcome.summary


TWO_SERVERS = """\
  upstream web {{ server 127.0.0.1:{new}; server 127.0.0.1:{new}; server 127.0.0.1:{old}; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{new}; }}
    location = /build.json {{ proxy_pass http://web; }} }}
  server {{ listen 127.0.0.1:{new}; root {www}/current; }}
  server {{ listen 127.0.0.1:{old}; {second} }}
"""


@pytest.mark.fault("the first of several for all")
@pytest.mark.parametrize(
    ("second", "state", "said"),
    [
        ("root {www}/current;", "done", "is served."),
        ("root {www}/releases/{old};", "failed", f", and once it named the commit {OLD[:10]}: perhaps another server"),
        ("return 503;", "failed", ", and twice it answered 503: perhaps another server"),
    ],
)
def test_another_server_behind_the_address_that_serves_another_build_is_seen(
    tmp_path: Path, second: str, state: str, said: str
) -> None:
    port, new, old = free_port(), free_port(), free_port()
    site = Served(tmp_path, port)
    write_page(site.build, "new")
    second = second.format(www=site.www, old=OLD)
    server = TWO_SERVERS.format(port=port, new=new, old=old, www=site.www, second=second)
    with nginx_serves(tmp_path, port, server):
        outcome = published(site, FORWARD + QUICK)
        site.web.close()
    assert (outcome.state, said in outcome.summary) == (state, True), outcome.summary


LIMITED = """\
  limit_req_zone $binary_remote_addr zone=all:1m rate=10r/s;
  server {{ listen 127.0.0.1:{port}; root {www}/current; limit_req zone=all burst=9 nodelay; }}
"""


@pytest.mark.fault("slow, taken for broken")
def test_a_limit_on_requests_that_answers_503_is_no_server_that_is_gone(tmp_path: Path) -> None:
    port = free_port()
    site = Served(tmp_path, port)
    write_page(site.build, "new")
    with nginx_serves(tmp_path, port, LIMITED.format(port=port, www=site.www)):
        outcome = published(site, FORWARD + QUICK)
        site.web.close()
    assert outcome.state == "done", outcome.summary

"""`publish` behind a real nginx: what a browser refuses, or has of the build before, is said."""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from commands.steps.outcome import Outcome
from commands.steps.shared import served_build
from commands.systems.old_build import old_build
from commands.systems.packed_files import packed_files
from tests import nginx
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, NEW, OLD
from tests.commands.steps.kinds.test_publish_nginx import QUICK, Served, published
from tests.commands.steps.kinds.test_publish_parts import SERVER, folder, look, published_behind, site_at

__all__ = ["folder"]

SERVED = f"The build of commit {NEW[:10]} is served."
TABS = "whether tabs that are open go on working: assets/index-old.js of the build before are no longer served"
GO_ON = "browsers go on with the service worker of before"
REFUSED = "is refused by browsers: the page's Content-Security-Policy has"
pytestmark = pytest.mark.fault("not looked at, and said to be fine")


def policy(text: str) -> str:
    return f'add_header Content-Security-Policy "{text}";'


def nothing(site: Served) -> None:
    """The site as it is."""


def forget(site: Served) -> None:
    """The new build has no file of the old one."""
    (site.build / "assets" / "index-old.js").unlink()


def behind(
    folder: Path, more: str, change: Callable[[Served], object] = nothing, by: str = FORWARD, server: str = SERVER
) -> Outcome:
    here = Path(tempfile.mkdtemp(dir=folder))
    here.chmod(0o755)
    return published_behind(here, change, server, more, by)


def test_a_script_that_the_pages_policy_refuses_fails_the_step(folder: Path) -> None:
    outcome = behind(folder, policy("script-src 'nonce-abc'; style-src 'self'"))
    why = f"/assets/index-new.js on app {REFUSED} `script-src 'nonce-abc'`."
    assert (outcome.state, outcome.summary) == ("failed", why)
    assert behind(folder, policy("default-src 'self'")).state == "done"


def test_a_rollback_goes_on_and_says_what_the_policy_refuses(folder: Path) -> None:
    back = behind(folder, policy("script-src 'none'"), by=BACK)
    why = f"/assets/index-old.js on app {REFUSED} `script-src 'none'`."
    assert (back.state, back.summary) == ("done", f"The build of commit {OLD[:10]} is served. But {why}")


def test_a_script_within_the_page_that_the_policy_refuses_is_named(folder: Path) -> None:
    def change(site: Served) -> None:
        page = site.build / "index.html"
        page.write_text(page.read_text() + "<script>start()</script>")

    outcome = behind(folder, policy("script-src 'self'"), change)
    why = (
        "browsers refuse 1 script that stands in the page: the page's Content-Security-Policy has `script-src 'self'`."
    )
    assert (outcome.state, outcome.summary) == ("done", f"{SERVED} But {why}")


@pytest.mark.fault("found too late, known before")
def test_the_doctor_names_what_the_policy_refuses(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    more = policy("script-src 'none'")
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more=more)):
        (found,) = look(site)
        site.web.close()
    why = f"now /assets/index-old.js on app {REFUSED} `script-src 'none'`"
    assert (found.level, found.summary) == ("warn", why)


def test_files_of_the_build_before_that_are_gone_are_named(folder: Path) -> None:
    def more_of_old(site: Served) -> None:
        forget(site)
        (site.www / "releases" / OLD / "assets" / "lazy.js").write_text("1")

    assert TABS in behind(folder, "", forget).not_compared
    (missed,) = (one for one in behind(folder, "", more_of_old).not_compared if "tabs" in one)
    assert "assets/index-old.js and 1 more file of the build before are no longer served" in missed


def test_an_answer_for_a_missing_file_that_caches_may_keep_is_named(folder: Path) -> None:
    keeps = 'add_header Cache-Control "max-age=31536000" always;'
    (missed,) = (one for one in behind(folder, keeps, forget).not_compared if "tabs" in one)
    assert missed.endswith(
        "no longer served; caches may keep that answer (404) for 365 days (Cache-Control: max-age=31536000)"
    )


def test_files_of_the_build_before_that_are_still_served_are_not_named(folder: Path) -> None:
    def elsewhere(site: Served) -> None:
        forget(site)
        assets = site.www / "kept" / "assets"
        assets.mkdir(parents=True)
        (assets / "index-old.js").write_text("1")

    assert behind(folder, "").not_compared == ()
    server = SERVER.replace("{more} }}", "try_files $uri @kept; }} location @kept {{ root {www}/kept; }}")
    outcome = behind(folder, "", elsewhere, server=server)
    assert outcome.not_compared == (), outcome.summary


def worker(site: Served, where: str = "both") -> None:
    for build in {"both": (site.www / "releases" / OLD, site.build), "old": (site.www / "releases" / OLD,)}[where]:
        (build / "sw.js").write_text("self.addEventListener('fetch', () => {})")


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        ("", ""),
        ("expires 1h;", ""),
        (
            "location = /sw.js { expires 365d; }",
            f"/sw.js on app may be kept for 365 days (Cache-Control: max-age=31536000), so caches and some {GO_ON}",
        ),
        (
            "location = /sw.js { return 404; }",
            "/sw.js on app answers 404, so browsers keep the service worker of before",
        ),
    ],
)
def test_a_service_worker_is_named_and_what_keeps_browsers_from_the_new_one(
    folder: Path, more: str, doubt: str
) -> None:
    outcome = behind(folder, more, worker)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary == (f"{SERVED} But {doubt}." if doubt else SERVED)
    assert outcome.not_compared == ("what browsers show that have the service worker of before",)


def test_a_service_worker_that_only_the_build_before_has_is_named(folder: Path) -> None:
    outcome = behind(folder, "", lambda site: worker(site, "old"))
    why = "the build before has a service worker (sw.js) and this one has none, so browsers that have it may go on"
    todo = "showing the old build: serve one of that name that unregisters itself"
    assert (outcome.state, outcome.summary) == ("done", f"{SERVED} But {why} {todo}.")


def test_an_absolute_link_and_a_first_build_are_told_apart(folder: Path) -> None:
    def absolute(site: Served) -> None:
        forget(site)
        (site.www / "current").unlink()
        (site.www / "current").symlink_to(site.www / "releases" / OLD)

    def first(site: Served) -> None:
        forget(site)
        (site.www / "current").unlink()

    assert TABS in behind(folder, "", absolute).not_compared
    assert behind(folder, "", first).not_compared == ()


def test_a_rollback_names_what_tabs_of_the_new_build_miss(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more="")):
        assert published(site, FORWARD + QUICK).state == "done"
        site.shell.ended.clear()
        back = published(site, BACK + QUICK)
        site.web.close()
    assert TABS.replace("old", "new") in back.not_compared


def same_names(site: Served) -> None:
    """The page of both builds loads one script, whose name has no hash."""
    for build, says in ((site.www / "releases" / OLD, "old"), (site.build, "new")):
        (build / "index.html").write_text("<!doctype html><script src=/assets/app.js></script>")
        (build / "assets" / "app.js").write_text(f"start('{says}')")


@pytest.mark.fault("it exists, so it is right")
def test_a_file_of_the_build_before_that_is_served_under_a_name_of_this_one_fails_the_step(folder: Path) -> None:
    def kept(site: Served) -> None:
        same_names(site)
        (site.www / "cache" / "assets").mkdir(parents=True)
        (site.www / "cache" / "assets" / "app.js").write_text("start('old')")

    assert behind(folder, "", same_names).state == "done"
    cache = "location = /assets/app.js {{ root {www}/cache; }}"
    server = SERVER.replace("location / {{", f"{cache} location / {{{{")
    outcome = behind(folder, "", kept, server=server)
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary.startswith("/assets/app.js on app is still the file of the build before. Perhaps a cache")


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize("more", [0, 30], ids=["alone", "beside many files that changed"])
def test_a_page_of_the_build_before_fails_the_step_though_it_names_the_same_files(folder: Path, more: int) -> None:
    def kept(site: Served) -> None:
        same_names(site)
        for number in range(more):
            (site.www / "releases" / OLD / "assets" / f"{number}.js").write_text("old")
            (site.build / "assets" / f"{number}.js").write_text("new")
        (site.build / "assets" / "app.js").write_text("start('old')")
        page = (site.www / "releases" / OLD / "index.html").read_text()
        (site.build / "index.html").write_text(f"{page}<p>new")
        (site.www / "cache").mkdir()
        (site.www / "cache" / "index.html").write_text(page)

    server = SERVER.replace("location / {{", "location = /index.html {{ root {www}/cache; }} location / {{")
    outcome = behind(folder, "", kept, server=server)
    assert outcome.state == "failed", outcome.summary
    assert outcome.summary.startswith("app/ is still the file of the build before.")


@pytest.mark.fault("not looked at, and said to be fine")
def test_how_many_files_of_one_name_were_not_compared_is_said(folder: Path) -> None:
    def many(site: Served) -> None:
        same_names(site)
        for number in range(30):
            (site.www / "releases" / OLD / "assets" / f"{number}.js").write_text("old")
            (site.build / "assets" / f"{number}.js").write_text("new")

    unseen = behind(folder, "", many).not_compared
    assert "whether 12 more files of the same name and other content are this build's as they are served" in unseen


def test_what_was_not_looked_at_of_a_build_with_very_many_files_is_said(folder: Path) -> None:
    def many(site: Served) -> None:
        for number in range(5010):
            (site.www / "releases" / OLD / "assets" / f"{number}.js").touch()

    unseen = behind(folder, "", many).not_compared
    what = "more scripts and stylesheets of the build before are still there, and with which content"
    assert [one for one in unseen if what in one], unseen
    assert packed_files("packed_unseen=3\n").not_told() == "whether 3 more packed files are this build's"


def test_on_a_host_that_cannot_compare_files_none_is_called_old() -> None:
    same, now = "a" * 64, "b" * 64
    assert dict(old_build(f"other={same} {same} a.js\nother={same} {now} b.js\nother=  c.js\n").other) == {
        "b.js": (same, now)
    }


def test_a_file_that_something_in_front_changes_is_named(folder: Path) -> None:
    server = SERVER.replace("location / {{", "sub_filter_types *; sub_filter start begin; location / {{")
    outcome = behind(folder, "", same_names, server=server)
    assert outcome.state == "done", outcome.summary
    assert "whether /assets/app.js is this build's: what is served differs from its file" in outcome.not_compared


def test_packed_files_of_another_build_are_named(folder: Path) -> None:
    def packed(site: Served) -> None:
        same_names(site)
        right, wrong = site.build / "assets" / "app.js", site.build / "index.html"
        (site.build / "assets" / "app.js.gz").write_bytes(gzip.compress(right.read_bytes()))
        (site.build / "alone.gz").write_bytes(gzip.compress(b"1"))
        (site.build / "index.html.gz").write_bytes(gzip.compress(b"<!doctype html>old"))
        (site.build / "index.html.br").write_bytes(b"old")
        os.utime(site.build / "index.html.br", (wrong.stat().st_mtime - 3600,) * 2)

    outcome = behind(folder, "", packed)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary == (
        f"{SERVED} But index.html.br (and 1 more file) is not index.html packed, but older or another: a web server "
        "that sends packed files (gzip_static, brotli_static) gives browsers what is in it. Let the build begin with "
        "an empty folder."
    )


BY_TIME = "etag off; if_modified_since before;"  # as servers judge that send no ETag
KEEPS = "app/ answers browsers that have the page of before that it has not changed (304), so they keep it"


def test_a_page_that_seems_older_than_the_one_of_before_is_kept_by_browsers(folder: Path) -> None:
    def newer(site: Served) -> None:
        os.utime(site.www / "releases" / OLD / "index.html", (4e9, 4e9))

    outcome = behind(folder, BY_TIME, newer)
    assert outcome.state == "done"
    assert outcome.summary.startswith(f"{SERVED} But {KEEPS}")

    def older(site: Served) -> None:
        os.utime(site.www / "releases" / OLD / "index.html", (1e9, 1e9))

    assert behind(folder, BY_TIME, older).summary == SERVED
    assert behind(folder, "", newer).summary == SERVED, "its ETag is another one"
    assert behind(folder, BY_TIME + "add_header Cache-Control no-store;", newer).summary == SERVED


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_rollback_names_that_browsers_keep_the_page_of_the_build_that_is_taken_back(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    os.utime(site.www / "releases" / OLD / "index.html", (1e9, 1e9))
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more=BY_TIME)):
        assert published(site, FORWARD + QUICK).summary == SERVED
        site.shell.ended.clear()
        back = published(site, BACK + QUICK)
        site.web.close()
    assert KEEPS in back.summary


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", ""),
        (
            "location /assets/lazy { try_files /none /index.html; }",
            " But /assets/lazy-1.js on app answers with a web page in place of a script, though the build has",
        ),
        ("location /assets/lazy { return 404; }", " But /assets/lazy-1.js on app answers 404, though the build has"),
        ("location /assets/lazy { deny all; }", ""),  # a web server keeps that to itself
        (
            "location /assets/lazy { types {} add_header X-Content-Type-Options nosniff; }",
            " But /assets/lazy-1.js on app has the type text/plain, so browsers refuse it, though the build has",
        ),
    ],
)
def test_a_script_that_the_page_loads_later_and_no_browser_gets_is_named(folder: Path, more: str, said: str) -> None:
    def lazy(site: Served) -> None:
        for name in ("lazy-1.js", "lazy-2.css"):
            (site.build / "assets" / name).write_text("")

    outcome = behind(folder, more, lazy)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith(f"{SERVED}{said}")
    assert bool(said) == (outcome.summary != SERVED)


def test_how_many_such_files_were_not_asked_for_is_said(folder: Path) -> None:
    def many(site: Served) -> None:
        for n in range(24):
            (site.build / "assets" / f"lazy-{n}.js").write_text("")

    unseen = "whether 5 more scripts or stylesheets that its page may load later are served"
    assert unseen in behind(folder, "", many).not_compared


BELOW = "server {{ listen 127.0.0.1:{port}; root {www}/current; {more} location / {{ try_files $uri /index.html; }} }}"
NOT_THERE = "location /vendor/ { return 404; } location /.well/ { return 404; }"


def with_lazy(site: Served) -> None:
    """The new build has a script that its page does not name."""
    (site.build / "assets" / "lazy-1.js").write_text("")


def below_static(site: Served) -> None:
    """Its page names its files below /static/, as builds with a base do."""
    with_lazy(site)
    page = site.build / "index.html"
    page.write_text(page.read_text().replace("/assets/", "/static/assets/").replace("/s.css", "/static/s.css"))


def with_others(site: Served) -> None:
    """Scripts lie beside that the page has nothing to do with."""
    for name in ("vendor", ".well"):
        (site.build / name).mkdir()
        for n in range(30):
            (site.build / name / f"{n}.js").write_text("")
        (site.build / name / "new.js").write_text("")  # the end of a name that the page has


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (below_static, "location /static/ {{ alias {www}/current/; }} location /assets/ {{ return 404; }}"),
        (with_lazy, "location /assets/lazy {{ return 302 https://cdn.test$request_uri; }}"),
        (with_lazy, "location /assets/lazy {{ return 503; }}"),  # which nginx answers to too many requests
        (with_others, NOT_THERE.replace("{", "{{").replace("}", "}}")),
    ],
)
def test_scripts_of_another_address_or_kept_back_raise_no_alarm(
    folder: Path, change: Callable[[Served], object], more: str
) -> None:
    outcome = behind(folder, "", change, server=BELOW.replace("{more}", more))
    assert (outcome.state, outcome.summary, outcome.not_compared) == ("done", SERVED, ())


def test_a_limit_on_requests_for_what_a_page_loads_later_is_not_waited_for(folder: Path) -> None:
    began = time.monotonic()
    outcome = behind(folder, "location /assets/lazy { return 429; }", with_lazy)
    assert time.monotonic() - began < served_build.LIMIT_PATIENCE
    assert (outcome.state, outcome.summary) == ("done", SERVED)
    (unasked,) = outcome.not_compared
    assert unasked.startswith("what the page loads later: /assets/lazy-1.js on app is answered by a limit on requests")

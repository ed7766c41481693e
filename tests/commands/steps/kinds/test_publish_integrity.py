"""`publish` behind a real nginx: scripts and stylesheets must fit the hashes in their tags."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from commands.ports.web import MAX_BODY, HttpResponse
from commands.steps.outcome import Outcome
from commands.systems.page_integrity import fits
from commands.systems.page_tags import Part, read_tags
from tests import nginx
from tests.commands.steps.kinds.test_publish import BACK, FORWARD, NEW, OLD
from tests.commands.steps.kinds.test_publish_nginx import Served
from tests.commands.steps.kinds.test_publish_parts import SERVER, folder, look, published_behind, site_at

__all__ = ["folder"]

SCRIPT, STYLE = b"let a = 1\n", b"p { color: red }\n"
REFUSED = (
    "does not fit the `integrity` of its tag, so browsers refuse it. "
    "Perhaps the build or a proxy changed the file after the page was made, or a cache has another one."
)


def hashed(data: bytes, algorithm: str = "sha384") -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def write_build(where: Path, script: str, style: str = "") -> None:
    """A build whose tags have these `integrity` attributes."""
    (where / "a.js").write_bytes(SCRIPT)
    (where / "a.css").write_bytes(STYLE)
    (where / "index.html").write_text(
        f'<!doctype html>\n<script type=module crossorigin integrity="{script}" src=/a.js></script>\n'
        f'<link href=/a.css rel=stylesheet integrity="{style or hashed(STYLE)}">\n'
    )


def published_with(folder: Path, change: Callable[[Served], object], more: str = "", by: str = FORWARD) -> Outcome:
    """The outcome of publishing the build after `change`, behind an nginx with `more` settings of its location."""
    return published_behind(folder, change, SERVER, more, by)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("script", "style", "more", "name"),
    [
        (hashed(b"let a = 2\n"), "", "", "/a.js"),
        (hashed(SCRIPT), hashed(b""), "", "/a.css"),
        (f"{hashed(SCRIPT, 'sha256')} {hashed(b'', 'sha512')}", "", "", "/a.js"),
        (hashed(SCRIPT), "", "sub_filter_types application/javascript; sub_filter 'let a' 'let  a';", "/a.js"),
    ],
)
def test_a_file_that_browsers_refuse_for_its_hash_fails_the_step(
    folder: Path, script: str, style: str, more: str, name: str
) -> None:
    outcome = published_with(folder, lambda site: write_build(site.build, script, style), more)
    assert (outcome.state, outcome.summary) == ("failed", f"{name} on app {REFUSED}")


@pytest.mark.parametrize(
    ("script", "more"),
    [
        (hashed(SCRIPT), ""),
        (f"{hashed(b'')} {hashed(SCRIPT)}", ""),
        (f"{hashed(b'', 'sha256')} {hashed(SCRIPT, 'sha512')}", ""),
        (hashed(SCRIPT), "gzip on; gzip_min_length 1; gzip_types application/javascript text/css;"),
    ],
)
def test_a_file_that_has_a_hash_of_its_tag_passes(folder: Path, script: str, more: str) -> None:
    outcome = published_with(folder, lambda site: write_build(site.build, script), more)
    assert (outcome.state, outcome.not_compared) == ("done", ()), outcome.summary
    assert outcome.compared == (f"app serves the build of {NEW[:10]} with its page, scripts and stylesheets",)


def test_a_rollback_goes_on_and_says_which_file_browsers_refuse(folder: Path) -> None:
    def change(site: Served) -> None:
        write_build(site.www / "releases" / OLD, hashed(b""))

    back = published_with(folder, change, by=BACK)
    assert (back.state, back.summary) == (
        "done",
        f"The build of commit {OLD[:10]} is served. But /a.js on app {REFUSED}",
    )
    assert back.not_compared == (f"whether the page works: /a.js on app {REFUSED}",)


def test_a_file_that_is_not_read_whole_is_named_as_not_compared(folder: Path) -> None:
    def change(site: Served) -> None:
        write_build(site.build, hashed(b""))
        (site.build / "a.js").write_bytes(b" " * (MAX_BODY + 1))

    outcome = published_with(folder, change)
    assert outcome.state == "done", outcome.summary
    assert outcome.not_compared == ("whether /a.js fits the `integrity` of its tag: it is too long",)
    assert "which names that build's" in outcome.compared[0]


@pytest.mark.fault("found too late, known before")
def test_the_doctor_warns_of_a_file_that_browsers_refuse(folder: Path) -> None:
    port = free_port()
    site = site_at(folder, port)
    write_build(site.www / "releases" / OLD, hashed(b""))
    with nginx.nginx_serves(folder, port, SERVER.format(port=port, www=site.www, more="")):
        (bad,) = look(site)
        write_build(site.www / "releases" / OLD, hashed(SCRIPT))
        (good,) = look(site)
        site.web.close()
    assert (bad.level, bad.summary) == ("warn", f"now /a.js on app {REFUSED}".rstrip("."))
    assert good.level == "ok"


def test_the_hashes_of_a_tag_are_kept_where_browsers_judge_by_them() -> None:
    page = (
        "<script src=/a.js integrity=sha384-YQ==></script><link rel=stylesheet href=/b.css integrity=' sha256-Yg '>"
        "<link rel=modulepreload href=/c.js integrity=c><link rel=preload as=script href=/d.js integrity=d>"
    )
    assert read_tags(page).parts == (
        Part("/a.js", integrity="sha384-YQ=="),
        Part("/b.css", stylesheet=True, integrity="sha256-Yg"),
        Part("/c.js", module=True, integrity="c"),
        Part("/d.js"),
    )


BODY = bytes(range(256))
SHA256 = hashed(BODY, "sha256")
ANSWER = HttpResponse(
    status=200, seconds=0, headers={}, text="", digest=lambda algorithm: hashlib.new(algorithm, BODY).digest()
)


@pytest.mark.parametrize(
    ("integrity", "right"),
    [
        ("", True),
        ("sha1-YQ== md5-YQ==", True),
        ("sha256-{{ hash }} nonsense", True),
        ("sha999-YQ== " + SHA256, True),
        (SHA256, True),
        (SHA256.rstrip("="), True),
        (SHA256.replace("/", "_").replace("+", "-").replace("sha256_", "sha256-"), True),
        (f"\t{SHA256}?ct=application/javascript\n", True),
        (f"sha256-YQ== {SHA256}", True),
        (f"{SHA256} {hashed(BODY, 'sha512')}", True),
        (f"sha384-YQ== {hashed(BODY, 'sha512')}", True),
        ("sha256-YQ==", False),
        (SHA256[:-2], False),
        (SHA256.lower(), False),
        (f"{SHA256} sha384-YQ==", False),
        (f"{hashed(BODY)} sha512-YQ==?x", False),
    ],
)
def test_only_the_strongest_hashes_of_a_known_form_count(integrity: str, right: bool) -> None:
    assert fits(integrity, ANSWER) is right


def test_a_body_without_a_digest_is_not_said_to_fit() -> None:
    answer = HttpResponse(status=200, seconds=0, headers={}, text="", cut=True)
    assert (fits(SHA256, answer), fits("sha1-YQ==", answer)) == (None, True)

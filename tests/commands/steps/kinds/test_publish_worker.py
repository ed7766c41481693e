"""`publish` behind a real nginx: a service worker that browsers do not take is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.steps.kinds.test_publish_browsers import SERVED, behind
from tests.commands.steps.kinds.test_publish_nginx import Served
from tests.commands.steps.kinds.test_publish_parts import SINGLE_PAGE, folder

__all__ = ["folder"]

GO_ON = "so browsers that have the service worker of before go on with the build of before"
CHANGED = "/index.html on app has another hash than in /ngsw.json (it was changed after the build, there or on its way)"
SCRIPT = "assets/index-new.js"
pytestmark = pytest.mark.fault("not looked at, and said to be fine")


def angular(site: Served, *, stays: bool = True, also: str = "") -> None:
    """The worker of Angular, with the hash of each file; the page is changed afterwards if it does not stay."""
    page = site.build / "index.html"
    files = {f"/{name}": (site.build / name).read_bytes() for name in (SCRIPT, "index.html")}
    hashes = {name: hashlib.sha1(text, usedforsecurity=False).hexdigest() for name, text in files.items()}
    if not stays:
        page.write_text(page.read_text() + "<!-- $API_URL -->")
    (site.build / "ngsw-worker.js").write_text("self.addEventListener('fetch', () => {})")
    (site.build / "ngsw.json").write_text(json.dumps({"hashTable": {**hashes, **({also: "0" * 40} if also else {})}}))


def workbox(site: Served, name: str = "index.html") -> None:
    """A worker as Vite's and webpack's plugins write it, with files that it keeps from the start."""
    entries = f"""[{{url:"{SCRIPT}",revision:null}},{{'revision':'12ab','url':'/{name}'}},{{url:"https://a.test/b.js",
      "revision":"1"}}]"""
    (site.build / "sw.js").write_text(f"self.skipWaiting(),s.precacheAndRoute({entries},{{}});x={{url:'/else.js'}}")


@pytest.mark.parametrize(
    ("more", "change", "doubt"),
    [
        ("", angular, ""),
        ("", lambda site: angular(site, stays=False), CHANGED),
        (
            "",
            lambda site: angular(site, also="/assets/gone.svg"),
            "/assets/gone.svg on app answers 404, and the service worker needs it",
        ),
        (
            "location = /ngsw.json { return 403; }",
            angular,
            "/ngsw.json on app answers 403, and the service worker needs it",
        ),
        ("", workbox, ""),
        (
            "",
            lambda site: workbox(site, "manifest.webmanifest"),
            "/manifest.webmanifest on app answers 404, and the service worker needs it",
        ),
        (
            SINGLE_PAGE,
            lambda site: workbox(site, "registerSW.js"),
            "/registerSW.js on app answers with a web page, and the service worker keeps that in its place",
        ),
    ],
)
def test_what_a_service_worker_does_not_get_is_named(
    folder: Path, more: str, change: Callable[[Served], None], doubt: str
) -> None:
    outcome = behind(folder, more, change)
    assert outcome.summary == (f"{SERVED} But {doubt}, {GO_ON}." if doubt else SERVED)

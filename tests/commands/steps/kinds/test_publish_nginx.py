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
from tests.commands.steps.builders import box
from tests.commands.steps.kinds.test_publish import FORWARD, OLD, Site
from tests.nginx import nginx_serves

HTTP = """\
  open_file_cache max=100;
  open_file_cache_valid 5s;
  server {{ listen 127.0.0.1:{port}; root {www}/current; }}
"""


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
    ctx = site.context()
    ctx = replace(ctx, tools=replace(ctx.tools, web=site.web, clock=SystemClock()))
    step = box("publish", f"{FORWARD}\n{more}")
    assert OLD in site.web.request("app", HttpRequest(path="/build.json")).text
    outcome = execute(step, ctx)
    assert outcome.state == state, outcome.summary

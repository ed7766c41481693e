"""A drill's surprise with the real web tool, and at the terminal."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.command_line import command_line
from bot.doors.in_force import to_put_in_force
from bot.doors.terminal import Terminal
from bot.settings import Settings
from bot.wiring import tools_for
from commands.run.context import ContextFactory
from commands.start.request import ANY
from commands.steps.base import execute
from state.records import AttemptState
from state.sqlite.store import Store
from tests.bot.doors.terminal_users import ENVIRON, system_user_of
from tests.bot.slack.run_writer import DBA, deps_of
from tests.commands.run.surprise_case import CHECK, HEALTH, PAGE, SurpriseCase


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(("surprise", "step"), [("failing-test", HEALTH), ("slow-api", CHECK)])
def test_the_real_web_tool_of_a_drill_plays_it(tmp_path: Path, surprise: str, step: str) -> None:
    site = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    Thread(target=site.serve_forever, daemon=True).start()
    case = SurpriseCase(tmp_path, surprise)
    environ = {"DRILL_URL": f"http://127.0.0.1:{site.server_port}"}
    tools = tools_for(case.page, Settings(runbook=tmp_path, state=tmp_path / "gonogo.db", environ=environ))
    case.world.clock.start = datetime.now(UTC) - timedelta(hours=1)
    case.begin_watch()
    context = ContextFactory(case.store, case.page, case.run.id, tools)
    outcome = execute(case.page.step(step).box, context.context(case.page.step(step), 1, Event()))
    tools.close()
    case.store.close()
    site.shutdown()
    site.server_close()
    if surprise == "failing-test":
        assert (outcome.state, outcome.measures["status"]) == (AttemptState.FAILED, 500)
    else:
        assert outcome.measures["seconds"] > 8


@pytest.mark.parametrize(
    ("typed", "surprise"),
    [(["small.md"], ""), (["small.md", "--surprise"], ANY), (["small.md", "v2", "--surprise", "slow-api"], "slow-api")],
)
def test_the_terminal_takes_a_surprise(typed: list[str], surprise: str) -> None:
    options = command_line().parse_args(["drill", *typed])
    assert (options.page, options.surprise) == ("small.md", surprise)


def test_the_terminal_tells_the_surprise_to_who_starts_the_drill(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    settings = Settings(runbook=path, state=path, environ=ENVIRON)
    with closing(Store(path, serving=True)) as store:
        store.put_in_force(to_put_in_force(settings, [PAGE]))
    with closing(Terminal(settings, 0, "", system_user_of(DBA), lambda store: deps_of(store, PAGE))) as door:
        told = "\n".join(door.drill(Namespace(page="small.md", ref="", surprise="no-slack")))
    assert "Only you are told its surprise, no-slack. When the first step of the deploy begins" in told

"""A run with a rollback, as the receivers in docs/events tell it to others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.doctor.events import check_events
from bot.feeds.cloud_event import Mask, cloud_event
from bot.rehearsal.target.loopback import free_port
from bot.settings import read_settings
from bot.tools.standard_webhooks import read_secret, signed_headers
from state.events import RollbackRequested
from state.facts import RollbackRequest
from state.records import AttemptState
from state.store.database import Duty
from tests.bot.conftest import shop, site
from tests.bot.feeds.event_receiver import SECRET
from tests.bot.feeds.test_events_of_a_bot import QUICK
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.test_serve import DEPLOY, start_run, state_of, wait_for
from tests.pages import event
from tests.recipes.events.standins import Grafana, Jira, Statuspage
from tests.state.sqlite.samples import U1

__all__ = ["shop", "site"]
RECIPES = Path(__file__).parents[3] / "docs" / "events"


class World:
    """The hook with its three modules, and what they write to."""

    def __init__(self, grafana: Grafana, statuspage: Statuspage, jira: Jira) -> None:
        self.grafana, self.statuspage, self.jira = grafana, statuspage, jira
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/gonogo"
        self.env = {"GONOGO_EVENTS_URL": self.url, "GONOGO_EVENTS_SECRET": SECRET}

    def refused(self) -> list[str]:
        """What a product does not describe, and was called all the same."""
        return [*self.grafana.refused, *self.statuspage.refused, *self.jira.refused]

    @contextmanager
    def hook(self) -> Iterator[None]:
        """The hook as its users start it."""
        env = {
            **os.environ,
            **self.env,
            "HOOK_PORT": str(self.port),
            "GRAFANA_URL": self.grafana.url,
            "GRAFANA_TOKEN": "glsa_x",
            "STATUSPAGE_URL": self.statuspage.url,
            "STATUSPAGE_PAGE": "page1",
            "STATUSPAGE_KEY": "key-x",
            "JIRA_URL": self.jira.url,
            "JIRA_USER": "ops@shop.example",
            "JIRA_TOKEN": "token-x",
            "JIRA_PROJECT": "OPS",
        }
        words = [sys.executable, str(RECIPES / "hook.py"), "grafana", "statuspage", "jira"]
        process = subprocess.Popen(words, env=env, stderr=subprocess.DEVNULL)
        try:
            wait_for(self.answers, "the hook")
            yield
        finally:
            process.kill()
            process.wait()

    def post(self, body: bytes) -> int:
        """Send an event; returns the status of the answer."""
        headers = signed_headers(read_secret(SECRET), json.loads(body)["id"], int(time.time()), body)
        return httpx.post(self.url, content=body, headers=headers, timeout=30, trust_env=False).status_code

    def answers(self) -> bool:
        """Whether the hook listens, and takes nothing that is not signed."""
        try:
            return httpx.post(self.url, content=b"{}", trust_env=False).status_code == 401
        except httpx.TransportError:
            return False


@pytest.fixture
def world() -> Iterator[World]:
    """The three products."""
    with ExitStack() as stack:
        grafana, statuspage, jira = (stack.enter_context(one.serving()) for one in (Grafana(), Statuspage(), Jira()))
        assert isinstance(grafana, Grafana)
        assert isinstance(statuspage, Statuspage)
        assert isinstance(jira, Jira)
        yield World(grafana, statuspage, jira)


def test_each_is_told_of_a_rollback_once_though_each_is_away_first_and_the_hook_is_killed(
    shop: Path, world: World
) -> None:
    store = start_run(shop, "echo deployed")
    try:
        with watched_bot(patch=QUICK, env=world.env) as bot:
            with world.hook():
                bot.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the step")
                bot.wait_until(lambda: world.grafana.annotations, "the annotation")
                store.add_fact(1, RollbackRequest(by=U1, at=store.now()), event("rollback", {"person": "U1"}))
                bot.wait_until(lambda: world.jira.issues, "the issue")
            with world.hook():  # it has forgotten what it has seen
                (asked,) = [one for one in store.events(1) if isinstance(one.data, RollbackRequested)]
                again = cloud_event(store.run(1), asked, Mask(store.run(1), {}))
                assert again
                assert world.post(again) == 204, "an event that was taken before"
                bot.wait_until(lambda: not store.run(1).active, "the end of the run")
                bot.wait_until(lambda: not store.untold(Duty.EVENTS, store.now() - timedelta(days=1)), "everything")
        run = store.run(1)
    finally:
        store.close()
    assert not world.refused()
    (annotation,) = world.grafana.annotations.values()
    assert annotation["tags"] == ["gonogo", "shop", run.key]
    assert annotation["text"] == "Run 1 of shop: main: rolled back"
    assert annotation["time"] == int(run.began_at.timestamp() * 1000)
    assert annotation["timeEnd"] >= annotation["time"]
    (incident,) = world.statuspage.incidents.values()
    assert (incident["status"], incident["metadata"]) == ("resolved", {"gonogo": {"run": run.key}})
    ((key, issue),) = world.jira.issues.items()
    assert issue.summary == "Rollback of shop: run 1, main"
    assert issue.labels == ["gonogo", run.key]
    ((commented, said),) = world.jira.comments
    assert commented == key
    assert said.startswith("Rolled back at ")


def test_the_doctors_event_and_a_drills_are_taken_and_told_to_nobody(world: World) -> None:
    drill = b'{"id": "run-1.2", "type": "io.gonogo.rollback.requested", "data": {"drill": true}}'
    with world.hook():
        ((line,),) = [check_events(read_settings(world.env))]
        assert line.result.level == "ok"
        assert world.post(drill) == 204
        assert httpx.post(world.url, content=b"x" * 1_000_001, trust_env=False).status_code == 413
    assert not world.grafana.annotations
    assert not world.statuspage.incidents
    assert not world.jira.issues

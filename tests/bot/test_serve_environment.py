"""`gonogo serve` with another environment: the run waits, and a rollback does not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import read_page_file
from bot.wiring import fingerprints_of
from commands.progress.hold import environment_hold
from commands.rollback.request import rollback
from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import RunState
from state.sqlite.store import Store

DEPLOY = "put-the-code-there"
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER, DBA, LEAD = (Actor(person=name, door=Door.TERMINAL) for name in ("U1", "UDBA", "ULEAD"))


class Deploy:
    """A run of the small page on the real SSH server, whose deploy leaves a file on the host."""

    def __init__(self, folder: Path) -> None:
        self.deployed, self.undone = folder / "deployed", folder / "undone"
        file = folder / "small.md"
        text = file.read_text().replace('"echo deploy"', f'"touch {self.deployed}"')
        # the smoke test fails here, and must not roll back by itself before a person does
        asks = text.replace('path = "/health"\non_failure = "roll back"', 'path = "/health"\non_failure = "ask"')
        assert asks != text
        file.write_text(asks.replace('"echo undeploy"', f'"touch {self.undone}"'))
        page = read_page_file(file)
        self.store = Store(folder / "gonogo.db")
        request = StartRequest(places=fingerprints_of(page, os.environ))
        self.run = start(self.store, page, request, STARTER, PEOPLE, datetime.now(UTC))
        self.actions = RunActions(self.store, page, self.run.id, PEOPLE)

    def sign(self, attempt: int = 1) -> None:
        """Both roles sign the gate, once the bot has asked for it."""
        wait_for(lambda: waiting_for(self.actions.page, self.store.record(1)))
        for actor in (DBA, LEAD):
            self.actions.sign("ready", attempt, actor, datetime.now(UTC))

    def waits(self) -> bool:
        return environment_hold(self.store.record(1)) is not None


def wait_for(condition: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@contextmanager
def bot(**environ: str) -> Iterator[None]:
    """A bot without Slack, with these variables changed."""
    words = [sys.executable, "-m", "bot.cli", "serve", "--no-slack"]
    process = subprocess.Popen(
        words, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def test_in_another_environment_no_step_begins_until_it_is_put_back_and_signed_for(shop: Path) -> None:
    deploy = Deploy(shop)
    with bot():
        wait_for(lambda: deploy.store.record(1).last("ready") is not None)
    with bot(SHOP_URL="http://127.0.0.1:9/another"):
        wait_for(deploy.waits)
        deploy.sign()
        time.sleep(1.0)
        assert not deploy.deployed.exists()
    with bot():
        deploy.sign(2)
        wait_for(deploy.deployed.exists)
    assert not deploy.waits()


def test_an_environment_from_the_terminal_that_is_not_the_bots_is_noticed_at_once(shop: Path) -> None:
    deploy = Deploy(shop)
    with bot(SHOP_URL="http://127.0.0.1:9/another"):
        wait_for(deploy.waits)
        assert deploy.store.record(1).attempts == (), "a step began"
    hold = environment_hold(deploy.store.record(1))
    assert hold
    assert hold.reason == "the environment has changed since the run started: web api (address, path: $SHOP_URL)"


def test_a_rollback_runs_in_another_environment(shop: Path) -> None:
    deploy = Deploy(shop)
    with bot():
        deploy.sign()
        wait_for(deploy.deployed.exists)
    with bot(SHOP_URL="http://127.0.0.1:9/another"):
        wait_for(deploy.waits)
        rollback(deploy.store, deploy.run, DBA, "it burns", datetime.now(UTC))
        wait_for(lambda: deploy.store.run(1).state == RunState.ROLLED_BACK)
    assert deploy.undone.exists()

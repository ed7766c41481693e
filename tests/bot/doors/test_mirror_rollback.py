"""`gonogo rollback --from FILE` while a real PostgreSQL is away, on a real host."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.runbook import read_page
from commands.signoff.actions import RunActions
from commands.start.request import StartRequest
from commands.start.starter import start
from state.events import MirrorRead, RollbackRequested
from state.facts import Actor, Door
from state.journal import RecordKey
from state.postgres.address import PostgresAddress
from state.postgres.store import PostgresStore
from state.records import Attempt, AttemptState, RunState
from state.store import RecordStore
from tests.bot.command import Capture, run
from tests.bot.test_serve import NOW, PEOPLE, wait_for
from tests.crash.record_server import RecordServer
from tests.crash.sandbox import CACHE

KEY = "0123456789abcdef0123456789abcdef"
BACK = "put-the-old-code-back"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordServer]:
    """The PostgreSQL of the record, which goes away and comes back."""
    server = RecordServer(tmp_path_factory.mktemp("r"), CACHE)
    server.begin()
    yield server
    server.end()


class Away:
    """A run whose bot keeps a mirror of it, and whose record goes away."""

    def __init__(self, server: RecordServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.began, self.ended, self.back = folder / "began", folder / "ended", folder / "back"
        self.bots: list[subprocess.Popen[bytes]] = []
        page_file = folder / "small.md"
        text = page_file.read_text()
        text = text.replace('"echo deploy"', f"'echo once >> {self.began}; sleep 40; echo once >> {self.ended}'")
        page_file.write_text(text.replace('"echo undeploy"', f"'sleep 1; echo once >> {self.back}'"))

    def open(self) -> RecordStore:
        return PostgresStore(PostgresAddress(os.environ["GONOGO_STATE"]), key=RecordKey(KEY.encode()))

    def serve(self) -> None:
        """A bot without Slack, whose log is kept."""
        with (self.folder / "bot.log").open("ab") as log:
            words = [sys.executable, "-m", "bot.cli", "serve", "--no-slack"]
            self.bots.append(subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log))

    def start(self) -> None:
        """Start a run, and wait until its deploy is under way and in the mirror."""
        page = read_page((self.folder / "small.md").read_text(), "small.md")
        with closing(self.open()) as store:
            who = Actor(person="U1", door=Door.TERMINAL)
            begun = start(store, page, StartRequest(), who, PEOPLE, datetime.now(UTC))
            actions = RunActions(store, page, begun.id, PEOPLE)
            store.begin_attempt(begun.id, "ready", 1, NOW)
            store.end_attempt(begun.id, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOW), NOW)
            for person in ("UDBA", "ULEAD"):
                actions.sign("ready", 1, Actor(person=person, door=Door.TERMINAL), NOW)
        self.serve()
        wait_for(self.began.exists, "the start of the job", 60)

    @property
    def mirror(self) -> Path:
        """The mirror that the log names, once the record is away."""
        wait_for(lambda: "gonogo rollback --from " in self.log, "the hint in the log", 60)
        return Path(self.log.rpartition("gonogo rollback --from ")[2].split()[0])

    @property
    def log(self) -> str:
        return (self.folder / "bot.log").read_text()

    def end(self) -> None:
        for bot in self.bots:
            bot.kill()
            bot.wait()


@pytest.fixture
def away(server: RecordServer, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    """The environment's record, in that PostgreSQL."""
    monkeypatch.setenv("GONOGO_STATE", server.address(server.port))
    monkeypatch.setenv("GONOGO_RECORD_KEY", KEY)
    case = Away(server, shop)
    yield case
    case.end()


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))


def test_while_the_record_is_away_production_is_taken_back_from_the_mirror_and_read_in_later(
    away: Away, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.start()
    away.server.halt("immediate")
    try:
        mirror = away.mirror
        types(monkeypatch, "shop")
        code, out, err = run(capsys, "rollback", "--from", str(mirror), "it is slow")
        print(out, err)
        assert code == 0
        assert away.back.read_text() == "once\n"
        assert not away.ended.exists(), "the deploy was stopped on the host"
    finally:
        away.server.go_on()
    with closing(away.open()) as store:
        wait_for(lambda: not store.run(1).active, "the bot that reads the mirror", 60)
        assert store.run(1).state == RunState.ROLLED_BACK
        assert store.changes(1) == []
        told = [type(event.data) for event in store.events(1)]
        assert told.count(MirrorRead) == told.count(RollbackRequested) == 1
    print(away.log)

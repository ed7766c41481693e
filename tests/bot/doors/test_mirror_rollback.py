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

from bot.served_doors import may_have_runs
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
from tests.bot.test_serve import DEPLOY, NOW, PEOPLE, wait_for
from tests.crash.record_server import FailingServer
from tests.crash.sandbox import CACHE

KEY = "0123456789abcdef0123456789abcdef"
BACK = "put-the-old-code-back"


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingServer]:
    """The PostgreSQL of the record, which goes away and comes back."""
    server = FailingServer(tmp_path_factory.mktemp("r"), CACHE)
    server.begin()
    yield server
    server.end()


class Away:
    """A run whose bot keeps a mirror of it, and whose record goes away."""

    def __init__(self, server: FailingServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.began, self.ended, self.back = folder / "began", folder / "ended", folder / "back"
        self.bots: list[subprocess.Popen[bytes]] = []
        page_file = folder / "small.md"
        text = page_file.read_text()
        text = text.replace('"echo deploy"', f"'echo once >> {self.began}; sleep 40; echo once >> {self.ended}'")
        # it takes as long as the test wants
        back = (
            f"'echo begun >> {self.back}; until [ -e {folder / 'go'} ]; do sleep 0.1; done; echo ended >> {self.back}'"
        )
        page_file.write_text(text.replace('"echo undeploy"', back))

    def go(self) -> None:
        """Let the rollback's step end."""
        (self.folder / "go").touch()

    def roll_back(self) -> subprocess.Popen[str]:
        """`gonogo rollback --from`, by somebody who types the target, until its step is under way."""
        words = [sys.executable, "-m", "bot.cli", "rollback", "--from", str(self.mirror), "it is slow"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(words, cwd=self.folder, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True)
        assert process.stdin
        process.stdin.write("shop\n")
        process.stdin.flush()
        wait_for(self.back.exists, "the rollback's step", 60)
        return process

    def open(self) -> RecordStore:
        return PostgresStore(PostgresAddress(os.environ["GONOGO_STATE"]), key=RecordKey(KEY.encode()))

    def serve(self, machine: str = "") -> None:
        """A bot without Slack, whose log is kept; on another machine its mirrors are elsewhere."""
        env = os.environ | ({"GONOGO_MIRROR": str(self.folder / machine)} if machine else {})
        with (self.folder / f"bot{machine}.log").open("ab") as log:
            words = [sys.executable, "-m", "bot.cli", "serve", "--no-slack"]
            self.bots.append(subprocess.Popen(words, cwd=self.folder, env=env, stdout=log, stderr=log))

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
def away(server: FailingServer, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    """The environment's record, in that PostgreSQL."""
    monkeypatch.chdir(shop)
    monkeypatch.setenv("GONOGO_STATE", server.address(server.port))
    monkeypatch.setenv("GONOGO_RECORD_KEY", KEY)
    case = Away(server, shop)
    yield case
    case.end()


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))


def rolled_back_once(case: Away) -> None:
    """The record knows of one rollback, its journal is whole, and its step ran once."""
    with closing(case.open()) as store:
        run = store.runs()[0].id
        wait_for(lambda: not store.run(run).active, "the end of the run", 60)
        assert store.run(run).state == RunState.ROLLED_BACK
        assert store.changes(run) == []
        told = [type(event.data) for event in store.events(run)]
        assert told.count(RollbackRequested) == 1
        assert [(one.step, one.state) for one in store.record(run).attempts if one.step in {DEPLOY, BACK}] == [
            (DEPLOY, "stopped"), (BACK, "done"),
        ]  # fmt: skip
    assert case.back.read_text() == "begun\nended\n"
    assert not case.ended.exists(), "the deploy was stopped on its host"


def test_while_the_record_is_away_production_is_taken_back_from_the_mirror_and_read_in_later(
    away: Away, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.start()
    away.server.halt("immediate")
    try:
        mirror = away.mirror
        code, _, err = run(capsys, "rollback")
        assert (code, f"  gonogo rollback --from {mirror}" in err) == (1, True)
        types(monkeypatch, "shop")
        away.go()
        code, out, _ = run(capsys, "rollback", "--from", str(mirror), "it is slow")
        assert code == 0
        assert "This rolls shop back: run " in out
        assert "how “Put the code there” ended: it was running. The rollback looks at it first." in out
        assert "Put the old code back: done. 1 command succeeded." in out
        assert "The record does not have that yet: " in out
    finally:
        away.server.go_on()
    rolled_back_once(away)
    wait_for(lambda: not mirror.exists(), "the bot that removes the mirror")
    with closing(away.open()) as store:
        assert [type(event.data) for event in store.events(store.runs()[0].id)].count(MirrorRead) == 1


def test_a_record_that_has_gone_away_may_have_runs(away: Away) -> None:
    with closing(away.open()) as store:
        assert not may_have_runs(store)
        away.server.halt("immediate")
        try:
            assert may_have_runs(store)
        finally:
            away.server.go_on()


def test_when_the_record_is_there_again_in_the_middle_it_is_told_and_the_bot_begins_nothing(away: Away) -> None:
    away.start()
    away.server.halt("immediate")
    try:
        process = away.roll_back()
    finally:
        away.server.go_on()
    with closing(away.open()) as store:
        number = store.runs()[0].id
        wait_for(lambda: store.record(number).rollback, "the request in the record", 60)
        wait_for(store.others_in_force, "the bot, at the record again", 60)
        assert store.run(number).state == RunState.GOING, "the bot begins no rollback of its own"
    away.go()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "The record can be used again. It knows of this rollback, which goes on here." in out
    assert "Read into the record at postgresql://" in out
    rolled_back_once(away)
    assert not away.mirror.exists(), "nobody needs it any more"


def test_a_bot_on_another_machine_carries_nothing_forward_when_the_record_is_there_again(away: Away) -> None:
    away.start()
    away.serve("elsewhere")
    with closing(away.open()) as store:
        wait_for(store.others_in_force, "the second bot", 60)
    away.server.halt("immediate")
    try:
        process = away.roll_back()
        away.bots[0].kill()  # with the machine of the mirror's bot
        away.bots[0].wait()
    finally:
        away.server.go_on()
    with closing(away.open()) as store:
        number = store.runs()[0].id
        wait_for(lambda: store.record(number).rollback, "the request in the record", 60)
    away.go()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    rolled_back_once(away)


def test_a_rollback_from_a_mirror_that_was_killed_goes_on_with_the_same_command(away: Away) -> None:
    away.start()
    away.server.halt("immediate")
    try:
        process = away.roll_back()
        process.kill()
        process.communicate()
        process = away.roll_back()
        away.go()
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, out
    finally:
        away.server.go_on()
    rolled_back_once(away)

"""`gonogo` on a record in a real PostgreSQL: several bots, and each command."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import OWNER, Postgres
from commands.runbook import read_page
from commands.signoff.actions import RunActions
from commands.start.request import StartRequest
from commands.start.starter import start
from state.events import ClockJumped
from state.facts import Actor, Door, RollbackRequest
from state.journal import RecordKey
from state.postgres.numbers import SERVING
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from state.store import RecordStore
from tests.bot.command import USERS, Become, Capture, run
from tests.bot.test_serve import DEPLOY, NOW, PEOPLE, serve, wait_for
from tests.state.kept import KeptInPostgres
from tests.state.store.journalled import write_run

KEY = "0123456789abcdef0123456789abcdef"
FIVE_MINUTES_BEHIND = """
import datetime, sys

class Behind(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) - datetime.timedelta(minutes=5)

datetime.datetime = Behind
from bot.cli import main
sys.exit(main(["serve", *sys.argv[1:]]))
"""


@pytest.fixture
def kept(postgres: Postgres, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptInPostgres]:
    """The environment's record, in PostgreSQL."""
    record = KeptInPostgres(postgres, shop)
    record.prepare()
    monkeypatch.setenv("GONOGO_STATE", record.address.url)
    monkeypatch.setenv("GONOGO_RECORD_KEY", KEY)
    monkeypatch.setenv("GONOGO_MIRROR", str(shop / "mirrors"))
    yield record
    record.close()


def start_run(kept: KeptInPostgres, folder: Path, command: str) -> RecordStore:
    """The record, with a run whose gate is signed and whose deploy runs a command."""
    page_file = folder / "small.md"
    page_file.write_text(page_file.read_text().replace('"echo deploy"', f"'{command}'"))
    page = read_page(page_file.read_text(), "small.md")
    store = kept.open(key=RecordKey(KEY.encode()))
    begun = start(store, page, StartRequest(), Actor(person="U1", door=Door.TERMINAL), PEOPLE, datetime.now(UTC))
    actions = RunActions(store, page, begun.id, PEOPLE)
    store.begin_attempt(begun.id, "ready", 1, NOW)
    store.end_attempt(begun.id, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOW), NOW)
    for person in ("UDBA", "ULEAD"):
        actions.sign("ready", 1, Actor(person=person, door=Door.TERMINAL), NOW)
    return store


def state_of(store: RecordStore, step: str) -> str:
    row = store.record(1).last(step)
    return row.state if row else ""


def bots(kept: KeptInPostgres) -> int:
    """How many bots serve the record."""
    return len(kept.admin(f"SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = {SERVING}"))


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_second_bot_takes_over_the_run_of_one_that_ends_and_its_job_runs_once(
    kept: KeptInPostgres, shop: Path, number: signal.Signals
) -> None:
    began, ended = shop / "began", shop / "ended"
    store = start_run(kept, shop, f"echo once >> {began}; sleep 6; echo once >> {ended}")
    running = [serve(slack=False)]
    try:
        wait_for(began.exists, "the start of the job", 60)
        running.append(serve(slack=False))
        wait_for(lambda: bots(kept) == 2, "the second bot", 60)
        running[0].send_signal(number)
        running[0].wait(30)
        wait_for(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the job", 90)
        assert running[1].poll() is None
        assert began.read_text() == ended.read_text() == "once\n", "it ran once"
        assert store.changes(1) == []
    finally:
        end(running)


def test_a_bot_whose_clock_is_five_minutes_behind_takes_over_and_no_time_goes_back(
    kept: KeptInPostgres, shop: Path
) -> None:
    store = start_run(kept, shop, f"echo once >> {shop / 'began'}; sleep 6")
    running = [serve(slack=False)]
    try:
        wait_for((shop / "began").exists, "the start of the job", 60)
        running.append(serve(slack=False, program=("-c", FIVE_MINUTES_BEHIND)))
        wait_for(lambda: bots(kept) == 2, "the second bot", 60)
        running[0].kill()
        running[0].wait(30)
        wait_for(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the job", 90)
        written = store.record(1).attempts
        assert [one.step for one in written if one.ended_at and one.ended_at < one.began_at] == []
        assert abs(written[-1].began_at - datetime.now(UTC)) < timedelta(minutes=2)
        assert not [one for one in store.events(1) if isinstance(one.data, ClockJumped)]
    finally:
        end(running)


def test_what_one_bot_writes_the_owner_acts_on(kept: KeptInPostgres, shop: Path) -> None:
    store = start_run(kept, shop, "true")
    running = [serve(slack=False)]
    try:
        wait_for(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the deploy", 60)
        store.add_fact(1, RollbackRequest(by=Actor(person="U1", door=Door.SLACK), at=datetime.now(UTC)))
        wait_for(lambda: store.run(1).state == RunState.ROLLED_BACK, "the rollback", 90)
    finally:
        end(running)


def test_a_run_that_a_bot_carries_out_is_not_closed_by_hand(
    kept: KeptInPostgres, shop: Path, capsys: Capture, become: Become, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONOGO_TERMINAL_USERS", USERS)
    store = start_run(kept, shop, "sleep 30")
    become("lea")
    running = [serve(slack=False)]
    try:
        wait_for(lambda: state_of(store, DEPLOY) == AttemptState.RUNNING, "the deploy", 60)
        wait_for(store.in_force, "the people of the bot's terminal", 60)
        code, _, said = run(capsys, "end", "1", "--reason", "x")
        assert code == 1
        assert "Run 1 at postgresql://" in said
        assert "is carried out by a bot. Stop every bot of this record first." in said
    finally:
        end(running)


def test_the_terminal_works_on_the_record_and_says_that_no_bot_serves_it(
    kept: KeptInPostgres, shop: Path, capsys: Capture
) -> None:
    code, _, said = run(capsys, "status")
    assert (code, said.startswith(f"gonogo: There is no record at {kept.address}.")) == (1, True)
    start_run(kept, shop, "true")
    code, out, _ = run(capsys, "rollback", "it is slow")
    assert code == 0
    assert "Rollback requested for run 1." in out
    assert "No bot is serving this record." in out
    assert run(capsys, "status")[0] == 0
    code, out, _ = run(capsys, "verify")
    assert "Run 1: unchanged" in out
    assert "Verified with the record's key" in out


def test_the_doctor_looks_at_the_record(kept: KeptInPostgres, capsys: Capture) -> None:
    _, out, _ = run(capsys, "doctor", "--no-slack")
    assert f"{kept.address} holds no record yet; the first `gonogo serve` makes it" in out
    kept.open()
    _, out, _ = run(capsys, "doctor", "--no-slack")
    assert f"{kept.address} can be read and written" in out
    assert "no bot is serving it" in out


def test_a_bot_without_the_records_key_is_refused_and_a_run_is_stopped_all_the_same(
    kept: KeptInPostgres, shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_run(kept, shop, "true")
    monkeypatch.delenv("GONOGO_RECORD_KEY")
    code, _, said = run(capsys, "serve", "--no-slack")
    assert code == 1
    assert "The record's key is not set. In PostgreSQL it is not beside the record: set GONOGO_RECORD_KEY" in said
    code, out, _ = run(capsys, "rollback", "it is slow")
    assert (code, "It counts, but its entry is not signed" in out) == (0, True)


@pytest.mark.parametrize("where", ["message", "traceback", "query"])
def test_the_password_in_the_address_is_never_shown(
    kept: KeptInPostgres, capsys: Capture, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    password, url = kept.server.passwords[OWNER], kept.address.url
    if where == "message":
        monkeypatch.setenv("GONOGO_STATE", url.replace("@127.0.0.1", "@127.0.0.9"))
    elif where == "query":
        hidden = url.replace(f":{password}@", "@")
        monkeypatch.setenv("GONOGO_STATE", f"{hidden}?password={password}&sslmode=require")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"with {url}, or {password} alone")

    if where == "traceback":
        monkeypatch.setattr("bot.serve.open_record", broken)
    code, out, said = run(capsys, "serve", "--no-slack")
    assert code == 1
    assert said.strip()
    assert password not in out + said


def test_a_record_is_copied_from_its_file_without_a_password_on_the_command_line(
    kept: KeptInPostgres, shop: Path, capsys: Capture
) -> None:
    file = shop / "gonogo.db"
    with closing(Store(file, key=RecordKey(KEY.encode()))) as store:
        write_run(store)
    code, out, _ = run(capsys, "record", "copy", str(file), "$GONOGO_STATE")
    assert code == 0
    assert f"Copied 1 run with 14 entries of the journal from {file} to {kept.address}; verified with the record" in out
    assert "The key was not copied" in out
    code, _, said = run(capsys, "record", "copy", str(file), "$GONOGO_STATE")
    assert (code, "There is a record at" in said) == (1, True)
    code, _, said = run(capsys, "record", "copy", "$NOTHING", str(file))
    assert (code, said) == (1, "gonogo: $NOTHING is not set in the environment.\n")

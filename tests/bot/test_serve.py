"""`gonogo serve` with a real host: a signal stops it, and the next bot finds its job."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.run.engine import Engine
from commands.runbook import read_page
from commands.signoff.actions import RunActions
from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door, RollbackRequest
from state.records import Attempt, AttemptState, RunState
from state.sqlite.lock import is_served
from state.sqlite.store import Store
from tests.bot.command import Capture, run
from tests.pages import event
from tests.state.sqlite.forger import by_hand

NOW = datetime.now(UTC)
DEPLOY = "put-the-code-there"
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}

SIGNAL_AT_ONCE = """
import os, signal, sys
from bot.cli import main
from commands.run.engine import Engine

start = Engine.start

def start_and_signal(engine):
    start(engine)
    os.kill(os.getpid(), signal.SIGTERM)

Engine.start = start_and_signal
sys.exit(main(["serve", *sys.argv[1:]]))
"""


def serve(
    *, slack: bool, program: Sequence[str] = ("-m", "bot.cli", "serve"), stderr: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """A bot on the environment's record: with a Slack that is unreachable, or without Slack."""
    env = dict(os.environ)
    if slack:
        env |= {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:9/"}
    words = [sys.executable, *program, *([] if slack else ["--no-slack"])]
    return subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=stderr)


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.05)


def start_run(folder: Path, command: str) -> Store:
    """The record, with a run whose gate is signed and whose deploy runs a command."""
    page_file = folder / "small.md"
    page_file.write_text(page_file.read_text().replace('"echo deploy"', f"'{command}'"))
    page = read_page(page_file.read_text(), "small.md")
    store = Store(folder / "gonogo.db")
    run = start(store, page, StartRequest(), Actor(person="U1", door=Door.TERMINAL), PEOPLE, datetime.now(UTC))
    actions = RunActions(store, page, run.id, PEOPLE)
    store.begin_attempt(run.id, "ready", 1, NOW)
    store.end_attempt(run.id, Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOW), NOW)
    for person in ("UDBA", "ULEAD"):
        actions.sign("ready", 1, Actor(person=person, door=Door.TERMINAL), NOW)
    return store


def state_of(store: Store, step: str) -> str:
    """The state of a step's newest attempt."""
    row = store.record(1).last(step)
    return row.state if row else ""


@pytest.mark.parametrize(("number", "slack"), [(signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGTERM, True)])
def test_a_signal_stops_the_bot_while_its_job_goes_on_and_the_next_bot_finds_it(
    shop: Path, number: signal.Signals, slack: bool
) -> None:
    began, ended, go = shop / "began", shop / "ended", shop / "go"
    job = f"echo once >> {began}; until [ -e {go} ]; do sleep 0.1; done; echo once >> {ended}"
    store = start_run(shop, job)
    bots = [serve(slack=slack)]
    try:
        wait_for(began.exists, "the start of the job")
        bots[0].send_signal(number)
        assert bots[0].wait(60) == 0
        assert state_of(store, DEPLOY) == AttemptState.RUNNING, "stopping the bot must stop no job"
        assert not ended.exists()
        bots.append(serve(slack=False))
        go.touch()
        wait_for(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the job")
        assert began.read_text() == ended.read_text() == "once\n", "it ran once"
    finally:
        for bot in bots:
            bot.kill()
            bot.wait()
        store.close()


@pytest.mark.parametrize("slack", [False, True])
def test_a_signal_during_the_start_stops_the_bot_in_order(shop: Path, slack: bool) -> None:
    bot = serve(slack=slack, program=("-c", SIGNAL_AT_ONCE))
    try:
        assert bot.wait(60) == 0
    finally:
        bot.kill()
        bot.wait()


def test_a_signal_that_another_thread_takes_stops_the_bot_too(shop: Path) -> None:
    bot = serve(slack=False)
    try:
        tasks = Path(f"/proc/{bot.pid}/task")
        store = Store(shop / "gonogo.db")
        wait_for(store.in_force, "the bot that serves")
        store.close()
        time.sleep(0.5)
        (other, *_) = sorted({int(task.name) for task in tasks.iterdir()} - {bot.pid})
        assert ctypes.CDLL(None).tgkill(bot.pid, other, signal.SIGTERM.value) == 0
        assert bot.wait(60) == 0
    finally:
        bot.kill()
        bot.wait()


def test_the_bot_stores_who_may_act_at_the_terminal(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONOGO_TERMINAL_USERS", "ana=U0123")
    bot = serve(slack=False)
    store = Store(shop / "gonogo.db")
    try:
        wait_for(lambda: store.in_force().get("GONOGO_TERMINAL_USERS") == "ana=U0123", "the terminal users")
        assert store.in_force()["SHOP_LEAD"] == "ULEAD,UDEPUTY"
    finally:
        bot.kill()
        bot.wait()
        store.close()


def test_a_rollback_in_the_state_file_begins_although_the_page_on_disk_is_broken(shop: Path) -> None:
    store = start_run(shop, "true")
    (shop / "small.md").write_text("# broken\n\n```toml\n")
    store.add_fact(1, RollbackRequest(by=Actor(person="U1", door=Door.SLACK), at=datetime.now(UTC)))
    bot = serve(slack=False)
    try:
        wait_for(lambda: store.run(1).state == RunState.ABORTED, "the end of the run")
        assert bot.poll() is None
    finally:
        bot.kill()
        bot.wait()
        store.close()
    # without an active run it refuses, as before
    bot = serve(slack=False)
    assert bot.wait(60) != 0


@pytest.mark.parametrize("slack", [True, False])
def test_a_bot_whose_lock_file_was_removed_stops_with_a_sentence(shop: Path, slack: bool) -> None:
    bot = serve(slack=slack, stderr=subprocess.PIPE)
    try:
        lock = shop / "gonogo.db.lock"
        wait_for(lambda: (shop / "gonogo.db").exists() and is_served(shop / "gonogo.db"), "the bot")
        lock.unlink()
        _, said = bot.communicate(timeout=30)
    finally:
        bot.kill()
        bot.wait()
    assert bot.returncode == 1
    assert f"gonogo: The lock file {lock} was removed or replaced while this bot served" in said.decode()


@pytest.mark.parametrize(
    ("users", "mode", "words"),
    [
        ("ana", 0o600, "gonogo: GONOGO_TERMINAL_USERS is wrong: 'ana' is not of the form ana=U0123"),
        ("", 0o666, "is not safe: every user of this machine may write"),
    ],
)
def test_the_bot_does_not_serve_with_wrong_terminal_users_or_a_file_that_everybody_may_write(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, users: str, mode: int, words: str
) -> None:
    monkeypatch.setenv("GONOGO_TERMINAL_USERS", users)
    Store(shop / "gonogo.db").close()
    (shop / "gonogo.db").chmod(mode)
    code, _, err = run(capsys, "serve", "--no-slack")
    assert code == 1
    assert words in err


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"GONOGO_CHANNEL": ""}, "GONOGO_CHANNEL is not set: small.md has no Slack channel"),
        ({"GONOGO_CHANNEL": "#deploys"}, "GONOGO_CHANNEL holds no channel id (C…)"),
        ({"SLACK_BOT_TOKEN": ""}, "Not set in the environment: SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxp-1"}, "SLACK_BOT_TOKEN holds no bot token"),
        ({"SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN holds no app-level token"),
    ],
)
def test_a_bot_with_a_wrong_way_to_slack_does_not_serve(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], words: str
) -> None:
    for name, value in ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"} | changes).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/")
    code, _, err = run(capsys, "serve")
    assert code == 1
    assert err.startswith(f"gonogo: {words}"), err
    assert "Traceback" not in err


def test_a_bot_whose_port_is_taken_does_not_serve_and_begins_nothing(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = shop / "began"
    start_run(shop, f"echo once >> {began}").close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name, value in {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_SIGNING_SECRET": "s",
            "GONOGO_PORT": str(port),
        }.items():
            monkeypatch.setenv(name, value)
        code, _, err = run(capsys, "serve")
    assert code == 1
    assert err == (
        f"gonogo: The bot cannot listen on GONOGO_HTTP_HOST 127.0.0.1, GONOGO_PORT {port}: Address already in use. "
        "End the program that listens there (`ss -ltnp` names it), or set another GONOGO_PORT.\n"
    )
    assert not began.exists()
    assert not Store(shop / "gonogo.db").in_force()


def test_a_bot_with_a_run_under_way_serves_on_without_a_channel_and_says_so(shop: Path) -> None:
    store = start_run(shop, "true")
    env = os.environ | {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "GONOGO_CHANNEL": "#deploys"}
    words = [sys.executable, "-m", "bot.cli", "serve"]
    bot = subprocess.Popen(words, env=env | {"SLACK_API_URL": "http://127.0.0.1:9/"}, stderr=subprocess.PIPE, text=True)
    try:
        assert bot.stderr
        line = next(line for line in bot.stderr if "GONOGO_CHANNEL" in line)
        assert "ERROR" in line
        assert "GONOGO_CHANNEL holds no channel id (C…)" in line
        wait_for(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the job")
    finally:
        bot.kill()
        bot.communicate()
        store.close()


def test_a_bot_that_starts_logs_what_was_changed_in_any_run(shop: Path) -> None:
    store = start_run(shop, "true")
    store.move_run(1, RunState.ABORTED, NOW)
    store.close()
    by_hand(shop / "gonogo.db", "UPDATE facts SET person = 'U9' WHERE key = 'sign:ready:1:dba'")
    words = [sys.executable, "-m", "bot.cli", "serve", "--no-slack"]
    bot = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert bot.stderr
        line = next(line for line in bot.stderr if "changed from outside" in line)
    finally:
        bot.kill()
        bot.communicate()
    assert "run 1: entry" in line
    assert "(signature ready:1:dba) was altered (see `gonogo verify`)" in line


ENGINE_DIES = """
import sys
from bot.cli import main
from commands.run.engine import Engine

Engine._loop = lambda engine: None
sys.exit(main(["serve", *sys.argv[1:]]))
"""
POSTER_DIES = """
import sys
from bot.cli import main
from bot.slack.outbox.poster import Poster

async def serve(poster):
    raise RuntimeError("xoxb-secret")

Poster.serve = serve
sys.exit(main(["serve", *sys.argv[1:]]))
"""


@pytest.mark.fault("one bad old thing stops all")
@pytest.mark.parametrize(
    ("program", "slack", "part"),
    [
        (ENGINE_DIES, False, "the engine"),
        (ENGINE_DIES, True, "the engine"),
        (POSTER_DIES, True, "the connection to Slack"),
    ],
)
def test_a_bot_one_of_whose_parts_is_dead_ends_with_a_sentence(
    shop: Path, program: str, slack: bool, part: str
) -> None:
    bot = serve(slack=slack, program=("-c", program), stderr=subprocess.PIPE)
    try:
        _, said = bot.communicate(timeout=30)
        assert bot.returncode == 1
        assert f"An internal error ended {part} of the bot, so it stops. Start it again" in said.decode()
    finally:
        bot.kill()
        bot.wait()


@pytest.mark.fault("one bad old thing stops all")
def test_a_run_whose_row_cannot_be_read_is_named_while_the_other_rolls_back(shop: Path, capsys: Capture) -> None:
    store = start_run(shop, "sleep 60")
    row = dict.fromkeys(("ref", "starter", "channel", "note"), "") | {"target": "other", "page": "x", "text": "x"}
    broken = store.start_run({**row, "speed": 1.0, "notice_minutes": 0}, NOW, event("started")).id
    by_hand(store.path, f"UPDATE runs SET note = CAST(x'ff' AS TEXT) WHERE id = {broken}")
    bot = serve(slack=False, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: state_of(store, DEPLOY) == AttemptState.RUNNING, "the start of the job")
        store.add_fact(1, RollbackRequest(by=Actor(person="U1", door=Door.TERMINAL), at=NOW))
        wait_for(lambda: store.run(1).state != RunState.GOING, "the rollback")
        assert f"Run {broken} cannot be read from the record" in run(capsys, "status", "--run", "1")[1]
        bot.terminate()
        assert f"Run {broken} cannot be read from the record" in bot.communicate(timeout=20)[1].decode()
    finally:
        bot.kill()
        bot.wait()
        store.close()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GONOGO_RECORD_KEY", "short", "has 5 characters"),
        ("GONOGO_RECORD_KEY_FILE", "/dev", "cannot be read from /dev"),
    ],
)
def test_with_a_key_that_cannot_be_used_nothing_begins(
    shop: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    start_run(shop, "true").close()
    begun: list[Engine] = []
    monkeypatch.setattr(Engine, "start", begun.append)
    monkeypatch.setenv(name, value)
    code, _, err = run(capsys, "serve", "--no-slack")
    assert (code, begun) == (1, [])
    assert words in err

"""A state file with a kept run, whose page and environment the commands use."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.start.request import StartRequest
from commands.start.starter import start
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from tests.bot.command import Capture, run
from tests.pages import NOON, SIGNED, event, fact, small

PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def write_run(store: Store) -> None:
    """A run that was kept: entries 1 to 12."""
    kept = start(store, small(), StartRequest(), Actor(person="U1", door=Door.SLACK), PEOPLE, NOON)  # 1, 2
    store.begin_attempt(kept.id, "ready", 1, NOON)  # 3
    outcome = {"values": {"commit": COMMIT}}
    ended = Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOON, summary="There.", outcome=outcome)
    store.end_attempt(kept.id, ended, NOON)  # 4
    for signature in SIGNED:
        store.add_fact(kept.id, signature, event("signed", {"role": "dba"}, step="ready"))  # 5 to 8
    store.save_file(kept.id, "016.sql", "DROP TABLE old;")  # 9
    store.add_fact(kept.id, fact("keep", person="ULEAD", reason="quiet"), event("keep"))  # 10, 11
    store.move_run(kept.id, RunState.KEPT, NOON)  # 12


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state file with one kept run; no Slack."""
    path = tmp_path / "bot" / "gonogo.db"
    path.parent.mkdir()
    for name in ("SLACK_BOT_TOKEN", "GONOGO_RECORD_KEY", "GONOGO_RECORD_KEY_FILE", "GONOGO_SIGNING_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GONOGO_STATE", str(path))
    store = Store(path)
    write_run(store)
    store.close()
    return path


@pytest.fixture
def bundle(state: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The bundle of run 1, somewhere where neither the state file nor a key is."""
    path = tmp_path / "run-1.tar.gz"
    code, out, _ = run(capsys, "report", "1", "--bundle", str(path))
    assert code == 0
    assert out.startswith(f"The bundle of run 1 is in {path}, signed with the key ")
    monkeypatch.setenv("GONOGO_STATE", str(tmp_path / "elsewhere" / "gonogo.db"))
    return path

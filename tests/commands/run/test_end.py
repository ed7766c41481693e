"""Ending a run by hand: what stays is said, what ran is unknown, and the target is free again."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.run.end import end, what_stays
from commands.runbook.people import Who
from commands.start.request import Request, start
from state.errors import NothingRuns, Refused
from state.records import DONE, ENDED, FAILED, RUNNING, UNKNOWN
from state.sqlite.store import Store
from tests.pages import NOON, record, row, small

WHO = Who(person="U1", via="terminal")
PEOPLE = {"dba": frozenset({"U2"}), "lead": frozenset({"U3"})}
DEPLOY = "put-the-code-there"


def test_only_what_may_have_changed_production_is_said_and_how_it_stands() -> None:
    for state, words in (
        (DONE, "is done"),
        (FAILED, "has failed"),
        (UNKNOWN, "how it ended is not known"),
        (RUNNING, "may still run on its host"),
    ):
        stays = what_stays(small(), record(row("ready", DONE), row(DEPLOY, state), row("health", DONE)))
        assert len(stays) == 1
        assert stays[0].startswith("“Put the code there”")
        assert words in stays[0]


def test_a_run_whose_page_cannot_be_read_any_more_names_every_step() -> None:
    assert what_stays(None, record(row("ready", DONE), row(DEPLOY, DONE))) == ["“ready” is done", f"“{DEPLOY}” is done"]


def test_an_ended_run_frees_its_target_and_leaves_its_running_step_unknown(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = start(store, small(), Request(), WHO, PEOPLE, NOON)
    store.begin_step(run.id, DEPLOY, 1, NOON)
    end(store, run, small(), WHO, "the bot's machine burned down", NOON)
    whole = store.record(run.id)
    assert whole.run.state == ENDED
    step = whole.last(DEPLOY)
    assert step is not None
    assert step.state == UNKNOWN
    told = store.events(run.id)[-1]
    assert told.kind == "moved"
    assert told.data["stays"] == ["“Put the code there” was cut off; a command of it may still run on its host"]
    assert start(store, small(), Request(), WHO, PEOPLE, NOON).id == 2
    store.close()


def test_a_rollback_under_way_can_be_ended_too_and_nothing_twice(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = start(store, small(), Request(), WHO, PEOPLE, NOON)
    store.move_run(run.id, "rolling back", NOON)
    end(store, store.run(run.id), small(), WHO, "by hand", NOON)
    with pytest.raises(NothingRuns, match=r"over already \(ended by hand\)"):
        end(store, store.run(run.id), small(), WHO, "by hand", NOON)
    store.close()


def test_without_a_reason_nothing_is_ended(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = start(store, small(), Request(), WHO, PEOPLE, NOON)
    with pytest.raises(Refused, match="needs a reason"):
        end(store, run, small(), WHO, "  ", NOON)
    assert store.run(run.id).active
    store.close()

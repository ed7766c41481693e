"""Ending a run by hand: what stays is said, what ran is unknown, and the target is free again."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.run.end import end_run, left_on_production
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import NothingRuns, Refused
from state.facts import Actor, Door
from state.records import AttemptState, RunState
from state.sqlite.store import Store
from tests.pages import NOON, payload, record, row, small

WHO = Actor(person="U1", door=Door.TERMINAL)
PEOPLE = {"dba": frozenset({"U2"}), "lead": frozenset({"U3"})}
DEPLOY = "put-the-code-there"


def test_only_what_may_have_changed_production_is_said_and_how_it_stands() -> None:
    for state, words in (
        (AttemptState.DONE, "is done"),
        (AttemptState.FAILED, "has failed"),
        (AttemptState.UNKNOWN, "how it ended is not known"),
        (AttemptState.RUNNING, "may still run on its host"),
    ):
        stays = left_on_production(
            small(), record(row("ready", AttemptState.DONE), row(DEPLOY, state), row("health", AttemptState.DONE))
        )
        assert len(stays) == 1
        assert stays[0].startswith("“Put the code there”")
        assert words in stays[0]


def test_a_run_whose_page_cannot_be_read_any_more_names_every_step() -> None:
    assert left_on_production(None, record(row("ready", AttemptState.DONE), row(DEPLOY, AttemptState.DONE))) == [
        "“ready” is done",
        f"“{DEPLOY}” is done",
    ]


def test_an_ended_run_frees_its_target_and_leaves_its_running_step_unknown(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = start(store, small(), StartRequest(), WHO, PEOPLE, NOON)
    store.begin_attempt(run.id, DEPLOY, 1, NOON)
    end_run(store, run, small(), WHO, "the bot's machine burned down", NOON)
    whole = store.record(run.id)
    assert whole.run.state == RunState.ENDED
    step = whole.last(DEPLOY)
    assert step is not None
    assert step.state == AttemptState.UNKNOWN
    told = store.events(run.id)[-1]
    assert told.data.stored_kind == "moved"
    assert payload(told).left == ("“Put the code there” was cut off; a command of it may still run on its host",)
    assert start(store, small(), StartRequest(), WHO, PEOPLE, NOON).id == 2
    store.close()


def test_a_rollback_under_way_can_be_ended_too_and_nothing_twice(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = start(store, small(), StartRequest(), WHO, PEOPLE, NOON)
    store.move_run(run.id, RunState.ROLLING_BACK, NOON)
    end_run(store, store.run(run.id), small(), WHO, "by hand", NOON)
    with pytest.raises(NothingRuns, match=r"over already \(ended by hand\)"):
        end_run(store, store.run(run.id), small(), WHO, "by hand", NOON)
    store.close()


def test_without_a_reason_nothing_is_ended(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    run = start(store, small(), StartRequest(), WHO, PEOPLE, NOON)
    with pytest.raises(Refused, match="needs a reason"):
        end_run(store, run, small(), WHO, "  ", NOON)
    assert store.run(run.id).active
    store.close()

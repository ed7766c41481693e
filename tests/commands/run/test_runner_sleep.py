"""The sleep of the runner: until when, and what wakes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from state.records import RunState
from state.sqlite.store import Store
from tests.commands.run.driven_runner import DEPLOY, GATE, DrivenRunner
from tests.pages import NOON, event, fact, small


def sleep(driven: DrivenRunner, until: datetime | None = None) -> threading.Thread:
    """Let the runner sleep in a thread."""
    driven.runner._version = driven.store.version(1)
    sleeping = threading.Thread(target=driven.runner._sleep, args=(driven.record, until), daemon=True)
    sleeping.start()
    return sleeping


def test_the_runner_sleeps_until_the_given_time(driven: DrivenRunner) -> None:
    sleeping = sleep(driven, NOON + timedelta(minutes=1))
    sleeping.join(0.3)
    assert sleeping.is_alive()
    driven.world.clock.move(seconds=59.5)
    sleeping.join(0.3)
    assert sleeping.is_alive()
    driven.world.clock.move(seconds=0.5)
    sleeping.join(5)
    assert not sleeping.is_alive()


@pytest.mark.parametrize("waker", ["another process writes", "this process writes", "the clock jumps", "it detaches"])
def test_the_runner_wakes_when(driven: DrivenRunner, waker: str, tmp_path: Path) -> None:
    sleeping = sleep(driven, NOON + timedelta(hours=1))
    sleeping.join(0.1)
    assert sleeping.is_alive()
    if waker == "another process writes":
        other = Store(tmp_path / "gonogo.db")
        other.add_events(1, NOON, event("hold"))
        other.close()
    elif waker == "this process writes":
        driven.store.add_events(1, NOON, event("hold"))
    elif waker == "the clock jumps":
        driven.world.clock.jump(hours=-1)
    else:
        driven.runner._detaching.set()
    sleeping.join(5)
    assert not sleeping.is_alive()


def due_status(driven: DrivenRunner) -> None:
    """A status post is due 15 min after the run began."""


def reminder(driven: DrivenRunner) -> None:
    """A gate is open since minute 10, and the next status post is due in minute 30."""
    driven.world.clock.move(minutes=10)
    driven.do(GATE)
    driven.world.clock.move(minutes=5)
    driven.runner._due.posts.write_due(driven.record, driven.world.clock.now())


def slow_step(driven: DrivenRunner) -> None:
    """The deploy takes 2 min by the page, and so is slow after 3."""
    driven.begin(DEPLOY)


def budget_mark(driven: DrivenRunner) -> None:
    """Half of the rollback's 15 min are over after 7.5."""
    driven.do(DEPLOY)
    driven.store.add_fact(1, fact("rollback"))
    driven.store.move_run(1, RunState.ROLLING_BACK, NOON)


@pytest.mark.parametrize(
    ("due", "minutes"),
    [(due_status, 15), (reminder, 25), (slow_step, 3), (budget_mark, 7.5)],
    ids=["status", "reminder", "slow step", "time budget"],
)
def test_the_runner_wakes_when_an_event_is_due(
    tmp_path: Path, due: Callable[[DrivenRunner], None], minutes: float
) -> None:
    driven = DrivenRunner(tmp_path, small(**{'takes = "10 min"': 'takes = "2 min"'}))
    due(driven)
    sleeping = sleep(driven, NOON + timedelta(days=1))
    driven.world.clock.move(seconds=(NOON + timedelta(minutes=minutes) - driven.world.clock.now()).total_seconds() - 1)
    sleeping.join(0.3)
    assert sleeping.is_alive(), "it woke too early"
    driven.world.clock.move(seconds=1)
    sleeping.join(5)
    assert not sleeping.is_alive(), "it slept on"
    driven.close()

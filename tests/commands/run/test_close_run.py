"""Closing an abandoned run: what is left, what is written, and a free target."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.step_state import DECISION, WATCH
from commands.run.close_run import UNKNOWN_END, close_run, left_on_production
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import NothingRuns, Refused
from state.facts import Actor, Door, RunClosed
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from tests.pages import NOON, attempt_at, payload, record, small

PAGE = small()
WHO = Actor(person="U1", door=Door.TERMINAL)
PEOPLE = {"dba": frozenset({"U2"}), "lead": frozenset({"U3"})}
DEPLOY = "put-the-code-there"
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A state file with run 1 of the small page."""
    opened = Store(tmp_path / "gonogo.db")
    start(opened, PAGE, StartRequest(), WHO, PEOPLE, NOON)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AttemptState.DONE, "is done"),
        (AttemptState.FAILED, "failed"),
        (AttemptState.STOPPED, "was stopped"),
        (AttemptState.UNKNOWN, "began, and it is unknown how it ended"),
        (AttemptState.RUNNING, "was interrupted; its command may still be running on the host"),
    ],
)
def test_only_steps_that_may_have_changed_production_are_left_with_how_they_ended(
    state: AttemptState, words: str
) -> None:
    attempts = (
        attempt_at("ready", AttemptState.DONE),
        attempt_at(DEPLOY, AttemptState.FAILED, 1),
        attempt_at(DEPLOY, state, 2),
        attempt_at("health", AttemptState.DONE),
        attempt_at(WATCH, AttemptState.RUNNING),
    )
    assert left_on_production(PAGE, record(*attempts)) == [f"“Put the code there” {words}"]


def test_if_the_page_cannot_be_read_every_step_that_began_is_left_in_order() -> None:
    attempts = [attempt_at(step, AttemptState.DONE) for step in ("ready", DEPLOY, WATCH, DECISION, "gone")]
    assert left_on_production(None, record(*attempts)) == ["“ready” is done", f"“{DEPLOY}” is done", "“gone” is done"]


def test_a_closed_run_frees_its_target_and_its_running_step_is_unknown(store: Store) -> None:
    for step, state in (("ready", AttemptState.DONE), (DEPLOY, None)):
        store.begin_attempt(1, step, 1, NOON)
        if state:
            store.end_attempt(1, Attempt(step=step, attempt=1, state=state, began_at=NOON, summary="signed"), NOON)
    close_run(store, store.run(1), PAGE, WHO, " the bot's machine burned down ", LATER)
    closed = store.record(1)
    assert (closed.run.state, closed.run.ended_at) == (RunState.ENDED, LATER)
    assert [(attempt.state, attempt.summary) for attempt in closed.attempts] == [
        (AttemptState.DONE, "signed"),
        (AttemptState.UNKNOWN, UNKNOWN_END),
    ]
    assert closed.attempts[1].ended_at == LATER
    assert closed.facts == (RunClosed(by=WHO, at=LATER, reason="the bot's machine burned down"),)
    assert start(store, PAGE, StartRequest(), WHO, PEOPLE, NOON).id == 2


def test_the_thread_is_told_who_closed_the_run_why_and_what_is_left(store: Store) -> None:
    store.begin_attempt(1, DEPLOY, 1, NOON)
    close_run(store, store.run(1), PAGE, WHO, "the bot's machine burned down", LATER)
    event = store.events(1)[-1]
    moved = payload(event)
    assert (event.data.stored_kind, event.at, moved.state, moved.person) == ("moved", LATER, "ended by hand", "U1")
    assert (moved.clock, moved.reason) == ("5 min", "the bot's machine burned down")
    assert moved.left == ("“Put the code there” was interrupted; its command may still be running on the host",)


def test_a_run_that_rolls_back_can_be_closed_but_only_once(store: Store) -> None:
    store.move_run(1, RunState.ROLLING_BACK, NOON)
    close_run(store, store.run(1), PAGE, WHO, "by hand", NOON)
    with pytest.raises(NothingRuns, match=r"Run 1 is already over \(ended by hand\)"):
        close_run(store, store.run(1), PAGE, WHO, "by hand", NOON)


def test_without_a_reason_a_run_is_not_closed(store: Store) -> None:
    with pytest.raises(Refused, match="needs a reason"):
        close_run(store, store.run(1), PAGE, WHO, "  ", NOON)
    assert store.run(1).active
    assert store.record(1).facts == ()

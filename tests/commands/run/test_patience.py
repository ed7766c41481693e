"""A step that is under way waits for a record that is away, and does not fail because of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.run import patience
from commands.run.patience import Patience
from commands.steps.outcome import Context, Outcome, done
from state.errors import BadRecord, NotOwner, NotText, UnreadableRun
from state.records import AttemptState
from state.sqlite.store import Store
from tests.commands.run.driven_runner import DrivenRunner
from tests.commands.run.test_running_step import Case


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    monkeypatch.setattr(patience, "RETRY_INTERVAL", 0.01)
    made = Case(tmp_path)
    yield made
    made.steps.close()


def away(monkeypatch: pytest.MonkeyPatch, method: str, times: int = 3) -> None:
    """Let a method of the store say so often that the record is away."""
    left, real = [BadRecord("The record is away.")] * times, getattr(Store, method)

    def fails(*args: object, **more: object) -> object:
        if left and threading.current_thread() is not threading.main_thread():
            raise left.pop()
        return real(*args, **more)

    monkeypatch.setattr(Store, method, fails)


@pytest.mark.parametrize("method", ["record", "events", "file", "save_file"])
def test_a_step_goes_on_when_the_record_is_there_again(
    case: Case, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def work(ctx: Context) -> Outcome:
        ctx.save_file("a", "text")
        return done(f"It has {ctx.file('a')}.")

    away(monkeypatch, method)
    case.begin(work)
    ended = case.ended()
    assert (ended.state, ended.summary) == (AttemptState.DONE, "It has text.")


@pytest.mark.parametrize("sets", [lambda waits, stop: stop.set(), lambda waits, stop: waits.closed.set()])
def test_a_step_that_is_stopped_or_left_waits_no_more(sets: Callable[[Patience, threading.Event], None]) -> None:
    waits, stop = Patience(1), threading.Event()
    tries = []

    def use() -> None:
        tries.append(1)
        sets(waits, stop)
        raise BadRecord("The record is away.")

    with pytest.raises(BadRecord):
        waits.use(stop, use)
    assert len(tries) == 1


@pytest.mark.parametrize("error", [NotOwner(1), UnreadableRun(1), NotText("bytes")])
def test_what_no_waiting_mends_is_said_at_once(error: BadRecord) -> None:
    def use() -> None:
        raise error

    with pytest.raises(type(error)):
        Patience(1).use(threading.Event(), use)


def test_a_runner_that_finds_the_record_away_at_its_start_says_so_in_one_line(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away(monkeypatch, "record", times=1)
    driven.runner.start()
    assert driven.runner.wait(10), "the engine starts another one"
    assert [(line.getMessage(), bool(line.exc_info)) for line in caplog.records] == [
        ("run 1 waits: The record is away.", False)
    ]

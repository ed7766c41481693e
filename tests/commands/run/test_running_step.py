"""Running attempts: how each ends, how it is stopped, an end that cannot be written."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.run import running_step
from commands.run.context import ContextFactory
from commands.run.running_step import RunningSteps
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome, done, failed, stopped
from state.errors import BadRecord, MirrorTaken
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, NewEvent
from state.sqlite.store import Store
from tests.commands.run.driven_runner import wait_until
from tests.pages import NOON, payload, small
from tests.world import World

PAGE = small()
DEPLOY = PAGE.step("put-the-code-there")
LATE = (
    "It did not stop within 15 s, so the bot no longer waits for it. "
    "It may still be running; check it before you rely on it."
)
WHO = Actor(person="U1", door=Door.SLACK)


class Case:
    """Run 1 of the small page, with the steps of its runner and a clock that only the test moves."""

    def __init__(self, folder: Path) -> None:
        self.world = World(rate=0)
        self.world.clock.start = NOON
        self.store = Store(folder / "gonogo.db")
        people = {role: frozenset({"U2"}) for role in PAGE.roles}
        self.run = start(self.store, PAGE, StartRequest(), WHO, people, NOON)
        self.steps = RunningSteps(ContextFactory(self.store, PAGE, 1, self.world.tools()))
        self.over = threading.Event()  # set when the thread of an attempt has nothing more to do
        self._run, self.steps._run = self.steps._run, self._run_to_the_end  # type: ignore[assignment,method-assign]

    def begin(self, work: Callable[[Context], Outcome], *, attempt: int = 1, stopped: bool = False) -> None:
        self.store.begin_attempt(1, DEPLOY.id, attempt, NOON)
        self.steps.begin(DEPLOY, attempt, work, stopped=stopped)

    def _run_to_the_end(self, *args: Any) -> None:
        self._run(*args)
        self.over.set()

    @property
    def last(self) -> Attempt:
        """The newest attempt."""
        attempt = self.store.record(1).last(DEPLOY.id)
        assert attempt
        return attempt

    def ended(self) -> Attempt:
        """The newest attempt, once it has ended."""
        wait_until(lambda: self.last.state != AttemptState.RUNNING)
        return self.last


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.steps.close()
    made.store.close()


def test_the_first_end_is_waited_for_until_it_is_written(case: Case) -> None:
    may_end, seen = threading.Event(), list[AttemptState]()

    def work(_: Context) -> Outcome:
        may_end.wait(60)
        return done("It is there.")

    def wait() -> None:
        case.steps.wait_for_first(60)
        seen.append(case.last.state)

    case.begin(work)
    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(0.3)
    assert seen == []
    may_end.set()
    waiting.join()
    assert seen == [AttemptState.DONE]


def test_a_step_that_waits_for_people_is_not_waited_for(case: Case) -> None:
    ready = PAGE.step("ready")
    case.store.begin_attempt(1, ready.id, 1, NOON)
    case.steps.begin(ready, 1, hang)
    case.steps.wait_for_first(600)
    assert case.store.record(1).last(ready.id).state == AttemptState.RUNNING  # type: ignore[union-attr]


def hang(ctx: Context) -> Outcome:
    """Work until it is stopped."""
    assert ctx.stop.wait(60), "nobody stopped it"
    return stopped("Stopped by a person.")


def deaf(release: threading.Event) -> Callable[[Context], Outcome]:
    """Work that does not listen to a stop."""

    def work(_: Context) -> Outcome:
        assert release.wait(60)
        return done("late")

    return work


def test_an_attempt_ends_as_its_work_says_with_how_long_it_took(case: Case) -> None:
    def work(ctx: Context) -> Outcome:
        assert ctx.key.endswith("/put-the-code-there/2")
        case.world.clock.move(seconds=90.26)
        return done("it is there", values={"commit": "abc"}, lines=("line",))

    case.begin(work, attempt=2)
    ended = case.ended()
    assert (ended.state, ended.summary, ended.attempt) == (AttemptState.DONE, "it is there", 2)
    assert ended.values == {"commit": "abc"}
    assert ended.ended_at == case.world.clock.now()
    event = case.store.events(1)[-1]
    assert (event.data.stored_kind, payload(event).seconds) == ("ended", 90.3)
    assert payload(event).lines == ("line",)


@pytest.mark.parametrize("value", ["$SLACK_BOT_TOKEN", "'; id; '", "a\nb", "../x", "", "-x"])
def test_a_value_that_does_not_fit_ends_the_attempt_as_failed_and_is_not_kept(case: Case, value: str) -> None:
    case.begin(lambda _: done("it is there", values={"commit": "abc", "job": value}, lines=("line",)))
    ended = case.ended()
    assert (ended.state, ended.values) == (AttemptState.FAILED, {})
    assert ended.summary.startswith(
        "<job> (set by “Put the code there”) must be a word of at most 200 plain characters"
    )
    assert ended.outcome["lines"] == ["line"]


def test_a_step_without_an_input_fails_and_does_nothing(case: Case) -> None:
    page = small(
        **{
            'path = "/health"': 'path = "/health"\nvalues = { job = "id" }',
            'path = "/jobs"': 'path = "/jobs/<job>"',
        }
    )
    step = page.step("response-time")
    steps = RunningSteps(ContextFactory(case.store, page, 1, case.world.tools()))
    case.store.begin_attempt(1, step.id, 1, NOON)
    steps.begin(step, 1, lambda ctx: execute(step.box, ctx))
    wait_until(lambda: case.store.record(1).attempts[0].state != AttemptState.RUNNING)
    (attempt,) = case.store.record(1).attempts
    assert (attempt.state, attempt.summary) == (
        AttemptState.FAILED,
        "<job> has no value, because the step that provides it did not succeed.",
    )
    assert case.world.calls == []


def test_a_step_that_a_rollback_from_the_mirror_has_stopped_ends_as_the_mirror_says(case: Case) -> None:
    def taken() -> None:
        raise MirrorTaken(1, "run-1.db")

    case.steps._require_free = taken
    case.begin(lambda _: failed("exit code 143"))
    assert case.over.wait(60), "nobody waits for the record"
    assert case.last.state == AttemptState.RUNNING


def test_a_lost_connection_is_resolved_before_the_end_is_written(case: Case) -> None:
    case.world.lose("deploy")
    case.begin(lambda ctx: execute(DEPLOY.box, ctx))
    assert case.ended().state == AttemptState.DONE


def test_an_internal_error_is_an_unknown_end_without_its_message(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    def work(_: Context) -> Outcome:
        raise RuntimeError("password=hunter2")

    with caplog.at_level(logging.DEBUG):
        case.begin(work)
        ended = case.ended()
    assert (ended.state, ended.summary) == (
        AttemptState.UNKNOWN,
        "Internal error in the bot (RuntimeError). Check what runs before you decide.",
    )
    assert "step put-the-code-there of run 1 raised RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


def test_an_attempt_has_a_thread_with_its_name_that_does_not_keep_the_process_alive(case: Case) -> None:
    threads: list[threading.Thread] = []

    def work(_: Context) -> Outcome:
        threads.append(threading.current_thread())
        return done("")

    case.begin(work)
    case.ended()
    assert [(thread.name, thread.daemon) for thread in threads] == [("1-put-the-code-there", True)]


def test_a_stop_reaches_every_attempt_also_after_a_step_that_does_not_run(case: Case) -> None:
    case.begin(hang)
    case.steps.stop(("a step that does not run", DEPLOY.id))
    assert case.ended().state == AttemptState.STOPPED


def test_an_attempt_can_begin_as_a_stopped_one(case: Case) -> None:
    case.begin(lambda ctx: stopped("x") if ctx.stop.is_set() else done("x"), stopped=True)
    assert case.ended().state == AttemptState.STOPPED
    case.begin(lambda ctx: stopped("x") if ctx.stop.is_set() else done("x"), attempt=2)
    assert case.ended().state == AttemptState.DONE


def test_an_attempt_that_does_not_stop_within_15_seconds_is_unknown(case: Case) -> None:
    release = threading.Event()
    case.world.clock.move(hours=1)
    case.begin(deaf(release))
    case.steps.stop((DEPLOY.id,))
    case.world.clock.move(seconds=15)
    case.steps.stop((DEPLOY.id,))
    assert case.last.state == AttemptState.RUNNING
    case.world.clock.move(seconds=0.1)
    case.steps.stop((DEPLOY.id,))
    assert (case.last.state, case.last.summary) == (
        AttemptState.UNKNOWN,
        LATE,
    )
    (event,) = [event for event in case.store.events(1) if event.data.stored_kind == "ended"]
    assert payload(event).seconds == 15.0
    release.set()
    assert case.over.wait(60)
    assert case.last.summary == LATE, "an abandoned attempt wrote its end"


def test_an_end_that_cannot_be_written_is_written_later(
    case: Case, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write, tries = case.store.end_attempt, []

    def full_twice(*args: object) -> None:
        tries.append(args)
        if len(tries) < 3:
            raise BadRecord("the disk is full")
        write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(running_step, "RETRY_INTERVAL", 0.01)
    monkeypatch.setattr(case.store, "end_attempt", full_twice)
    case.begin(lambda _: done("it is there"))
    assert case.ended().summary == "it is there"
    assert len(tries) == 3
    assert caplog.text.count("the result of put-the-code-there is not written yet: the disk is full") == 2


def test_after_close_no_end_is_written_and_nothing_is_tried_again(case: Case) -> None:
    release = threading.Event()
    case.begin(deaf(release))
    case.steps.close()
    release.set()
    assert case.over.wait(60)
    assert case.last.state == AttemptState.RUNNING, "a later runner could not recover it"


def test_close_waits_for_an_end_that_is_being_written(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    write, writing, release = case.store.end_attempt, threading.Event(), threading.Event()

    def slow(run: int, attempt: Attempt, at: object, *events: NewEvent) -> None:
        writing.set()
        assert release.wait(60)
        write(run, attempt, NOON, *events)

    monkeypatch.setattr(case.store, "end_attempt", slow)
    case.begin(lambda _: done("it is there"))
    assert writing.wait(60)
    closing = threading.Thread(target=case.steps.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive(), "close returned while an end was being written"
    release.set()
    closing.join(60)
    assert case.last.state == AttemptState.DONE

"""The engine: which runs it carries out, what it does about one that it cannot, and the page that KEEP starts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.run.engine import Engine, page_of
from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import Started, start
from state.errors import BadRecord, Refused
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from tests.commands.run.driven_runner import wait_until
from tests.pages import NOON, SIGNED, event, fact, payload, small
from tests.world import World

PAGE = small()
NEXT = small(**{'role = "lead"\n```\n': 'role = "lead"\nstarts = "small.md"\n```\n'})
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER = Actor(person="U1", door=Door.TERMINAL)
LEAD = Actor(person="ULEAD", door=Door.SLACK)


class FakeStarter:
    """Takes requests to start a run; `refusal` refuses them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refusal = ""
        self.requests: list[tuple[StartRequest, Actor]] = []

    def start(self, request: StartRequest, actor: Actor) -> Started:
        self.requests.append((request, actor))
        if self.refusal:
            raise Refused(self.refusal)
        return Started(run=start(self.store, PAGE, StartRequest(), actor, PEOPLE, NOON), warnings=())


class Case:
    """A state file, a World, and an engine that the test starts."""

    def __init__(self, folder: Path) -> None:
        self.world = World(rate=0)
        self.store = Store(folder / "gonogo.db")
        self.starter = FakeStarter(self.store)
        self.tools_error: Exception | None = None
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        return Engine(self.store, self._tools, self.starter)  # type: ignore[arg-type]

    def _tools(self, page: Page) -> Any:
        if self.tools_error:
            raise self.tools_error
        return self.world.tools()

    def start(self, page: Page = PAGE, **request: Any) -> int:
        """Write a new run; returns its number."""
        return start(self.store, page, StartRequest(**request), STARTER, PEOPLE, NOON).id

    def keep(self, page: Page = NEXT, **request: Any) -> int:
        """Write a run that was kept; returns its number."""
        number = self.start(page, **request)
        self.store.add_fact(number, replace(fact("keep"), by=LEAD))
        self.store.move_run(number, RunState.KEPT, NOON)
        return number

    def state_of(self, run: int, step: str = "ready") -> str:
        """The state of a step's newest attempt; empty before it has begun."""
        attempt = self.store.record(run).last(step)
        return attempt.state if attempt else ""

    def summaries(self, run: int) -> list[str]:
        """What was reported about the next run."""
        return [payload(one).summary for one in self.store.events(run) if one.data.stored_kind == "next"]


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.engine.stop()
    made.store.close()


def test_active_runs_are_carried_out_also_those_that_start_later(case: Case) -> None:
    first = case.start()
    case.engine.start()
    wait_until(lambda: case.state_of(first) == "done")
    second = case.start(small(**{'target = "shop"': 'target = "other shop"'}))
    wait_until(lambda: case.state_of(second) == "done")
    assert sorted(case.engine._runners) == [first, second]


def test_a_run_that_is_over_has_no_runner(case: Case) -> None:
    case.keep(PAGE)
    case.engine.start()
    number = case.start()
    wait_until(lambda: case.state_of(number) == "done")
    assert list(case.engine._runners) == [number]
    case.store.add_fact(number, fact("rollback"))
    wait_until(lambda: not case.engine._runners)
    assert case.store.run(number).state == RunState.ABORTED


def test_a_stopped_engine_leaves_its_runs_to_a_later_one(case: Case) -> None:
    number = case.start()
    case.engine.start()
    wait_until(lambda: case.state_of(number) == "done")
    case.engine.stop()
    for signature in SIGNED:
        case.store.add_fact(number, signature)
    time.sleep(0.3)
    assert case.state_of(number, "put-the-code-there") == "", "a stopped engine went on"
    case.engine = case.new_engine()
    case.engine.start()
    wait_until(lambda: case.state_of(number, "put-the-code-there") == "done")


def test_a_stopped_engine_begins_no_run(case: Case) -> None:
    case.engine.stop()
    case.start()
    case.engine.start()
    time.sleep(0.1)
    assert case.engine._runners == {}


def broken_run(case: Case) -> int:
    """Write a run of another target whose page cannot be read."""
    texts = dict.fromkeys(("ref", "note", "starter", "channel"), "")
    row = {**texts, "target": "another target", "page": "old.md", "text": "# A page of another time\n"}
    return case.store.start_run({**row, "speed": 1.0, "notice_minutes": 0}, NOON, event("started")).id


def test_a_run_whose_page_cannot_be_read_is_logged_once_and_holds_up_no_other(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = broken_run(case), case.start()
    case.engine.start()
    wait_until(lambda: case.state_of(good) == "done")
    for _ in range(3):
        with case.store.changed:
            case.store.changed.notify_all()
        time.sleep(0.05)
    logged = [entry.getMessage() for entry in caplog.records if "cannot be carried out" in entry.getMessage()]
    assert len(logged) == 1, f"it is logged each time: {logged}"
    assert logged[0].startswith(f"run {broken} of another target cannot be carried out: line 1")


def test_a_run_without_tools_is_logged_again_when_the_reason_changes_and_carried_out_when_they_are_there(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    number = case.start()
    case.tools_error = OSError("no key")
    case.engine.start()
    wait_until(lambda: "cannot be carried out: no key" in caplog.text)
    case.tools_error = ValueError("no address")
    wait_until(lambda: "cannot be carried out: no address" in caplog.text)
    case.tools_error = None
    wait_until(lambda: case.state_of(number) == "done")
    assert case.engine._errors == {}


def test_a_state_file_that_cannot_be_used_is_tried_again(
    case: Case, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    number = case.keep()
    read, reads = case.store.active_runs, []

    def busy_once() -> Any:
        reads.append(1)
        if len(reads) == 1:
            raise BadRecord("it is busy")
        return read()

    monkeypatch.setattr(case.store, "active_runs", busy_once)
    case.engine.start()
    wait_until(lambda: len(reads) > 1)
    assert "the state file cannot be used now; trying again: it is busy" in caplog.text
    assert len(case.summaries(number)) == 1


# -- the page that KEEP starts ----------------------------------------------------------------------------------------


def test_a_kept_run_starts_its_next_page_in_its_starters_name_with_what_it_deployed(case: Case) -> None:
    number = case.start(NEXT, ref="v2", note="hello", channel="C9", speed=5.0)
    case.store.begin_attempt(number, "ready", 1, NOON)
    values = {"values": {"commit": "abc"}}
    released = Attempt(step="ready", attempt=1, state=AttemptState.DONE, began_at=NOON, outcome=values)
    case.store.end_attempt(number, released, NOON)
    case.store.add_fact(number, replace(fact("keep"), by=LEAD))
    case.store.move_run(number, RunState.KEPT, NOON)
    case.engine._start_next(case.store.run(number))
    ((request, actor),) = case.starter.requests
    assert request == StartRequest(page="small.md", ref="abc", note="hello", channel="C9", speed=5.0)
    assert actor == Actor(person="U1", door=Door.SLACK), "by the door of KEEP, so that its people may sign"


def test_without_a_commit_the_next_page_deploys_the_same_ref(case: Case) -> None:
    case.engine._start_next(case.store.run(case.keep(ref="v2")))
    assert case.starter.requests[0][0].ref == "v2"


def test_the_next_page_is_started_once_and_reported(case: Case) -> None:
    number = case.keep()
    for _ in range(2):
        case.engine._start_next(case.store.run(number))
    assert case.summaries(number) == ["run 2 of small.md has started"]
    assert len(case.starter.requests) == 1
    written = case.store.record(number).facts[-1]
    assert (written.kind, written.by) == ("next", Actor(person="ULEAD", door=Door.BOT))
    assert abs((written.at - datetime.now(UTC)).total_seconds()) < 60
    report = next(one for one in case.store.events(number) if one.data.stored_kind == "next")
    assert payload(report).page == "small.md"


def test_a_next_page_that_is_refused_is_reported_and_not_tried_again(case: Case) -> None:
    number = case.keep()
    case.starter.refusal = "the disk is full"
    for _ in range(2):
        case.engine._start_next(case.store.run(number))
    assert case.summaries(number) == ["small.md could not be started: the disk is full"]
    assert len(case.starter.requests) == 1


def test_a_page_that_starts_no_other_and_a_run_without_keep_start_nothing(case: Case) -> None:
    case.engine._start_next(case.store.run(case.keep(PAGE)))
    case.engine._start_next(case.store.run(case.start(NEXT)))
    assert case.starter.requests == []


def test_the_next_page_starts_when_its_run_ends_or_when_the_engine_starts_after_that(case: Case) -> None:
    old = case.keep()
    case.engine.start()
    wait_until(lambda: case.summaries(old))
    case.engine.stop()
    case.store.move_run(2, RunState.ABORTED, NOON)
    new = case.start(NEXT)
    case.engine = case.new_engine()
    case.engine.start()
    wait_until(lambda: case.state_of(new) == "done")
    case.store.add_fact(new, replace(fact("keep"), by=LEAD))
    case.store.move_run(new, RunState.KEPT, NOON)
    wait_until(lambda: case.summaries(new))
    assert case.summaries(old) == ["run 2 of small.md has started"]


def test_a_run_keeps_its_own_copy_of_its_page(case: Case) -> None:
    run = case.store.run(case.start(NEXT))
    assert page_of(run).decision.starts == "small.md"
    assert page_of(replace(run, page="other.md")).name == "other.md"

"""A rollback that is in the record begins before anything is parsed, looked at or reported."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.progress.step_state import WATCH
from commands.report.status_posts import StatusPosts
from commands.run import engine as engine_module
from commands.run.due_events import DueEvents
from commands.run.recovery import NOT_CHECKED
from commands.runbook import Page, read_page
from commands.start.starter import Started
from state.errors import BadPage, Refused
from state.records import AttemptState, RunState
from tests.commands.run.driven_runner import BACK, DEPLOY, GATE, HEALTH, DrivenRunner, wait_until
from tests.commands.run.engine_case import NEXT, PAGE, EngineCase
from tests.pages import fact, small
from tests.production import answer

POISON = "<!-- -->" * 42 + "<"  # 342 characters that once froze the whole bot, in whatever looked at them
OTHER = small(**{'target = "shop"': 'target = "other shop"'})


@pytest.fixture
def driven(tmp_path: Path) -> Iterator[DrivenRunner]:
    """A run that was interrupted in its watch, in a check and in a step, with the rollback in its record."""
    driven = DrivenRunner(tmp_path)
    driven.do(GATE)
    driven.do(DEPLOY)
    driven.do(HEALTH)
    driven.begin(WATCH)
    driven.begin("response-time")
    driven.store.add_fact(1, fact("rollback"))
    yield driven
    driven.close()


def test_after_a_restart_a_check_is_neither_run_again_nor_looked_at_before_the_rollback(driven: DrivenRunner) -> None:
    asked: list[Any] = []

    def poison(call: Any) -> Any:
        asked.append(call)
        return answer(200, text=POISON)

    driven.world.on_web(".", poison)
    driven.runner.start()
    assert driven.ended(BACK).state == AttemptState.DONE
    assert asked == [], "a check was run again"
    check = driven.last("response-time")
    assert (check.state, check.summary) == (AttemptState.STOPPED, NOT_CHECKED)
    assert driven.runner.wait(30)
    assert driven.record.run.state == RunState.ROLLED_BACK


def test_nothing_is_reported_before_the_rollbacks_first_step(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[bool] = []

    def record_order(*_: object) -> None:
        begun.append(driven.record.last(BACK) is not None or driven.record.run.state == RunState.ROLLING_BACK)

    monkeypatch.setattr(StatusPosts, "write_due", record_order)
    monkeypatch.setattr(DueEvents, "write", record_order)
    driven.runner.start()
    assert driven.ended(BACK).state == AttemptState.DONE
    wait_until(lambda: begun)
    assert all(begun)


def test_what_follows_a_kept_run_holds_up_no_rollback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = EngineCase(tmp_path)
    release = threading.Event()
    case.keep(NEXT)

    def slow(*_: object) -> Started:
        release.wait(30)
        raise Refused("the preflight took long")

    monkeypatch.setattr(case.starter, "start", slow)
    number = case.start(OTHER)
    case.store.add_fact(number, fact("rollback"))
    case.engine.start()
    wait_until(lambda: case.store.run(number).state == RunState.ABORTED)
    release.set()
    case.engine.stop()
    case.store.close()


@pytest.mark.parametrize("error", [RecursionError("deep"), ValueError("poisoned")])
def test_a_run_that_rolls_back_is_carried_out_first_and_another_ones_page_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    read: list[str] = []

    def read_one(text: str, name: str) -> Page:
        page = read_page(text, name)
        read.append(page.runbook.target)
        if page.runbook.target == "shop":
            raise error
        return page

    case = EngineCase(tmp_path)
    case.start(PAGE)
    number = case.start(OTHER)
    case.store.add_fact(number, fact("rollback"))
    monkeypatch.setattr(engine_module, "read_stored_page", read_one)
    case.engine.start()
    wait_until(lambda: case.store.run(number).state == RunState.ABORTED)
    assert read[0] == "other shop"
    case.engine.stop()
    case.store.close()


def test_a_page_of_a_kept_run_that_cannot_be_read_ends_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_one(text: str, name: str) -> Page:
        if text == NEXT.text:
            raise BadPage(1, "", "too long")
        return read_page(text, name)

    case = EngineCase(tmp_path)
    case.keep(NEXT)
    monkeypatch.setattr(engine_module, "read_stored_page", read_one)
    case.engine.start()
    number = case.start(OTHER)
    wait_until(lambda: case.state_of(number) == "done")
    case.engine.stop()
    case.store.close()


def test_the_tools_of_a_run_are_closed_at_its_end_and_when_the_bot_leaves_it(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(type(driven.runner.tools), "close", lambda _: closed.append("x"))
    driven.runner.start()
    assert driven.runner.wait(30)
    assert closed == ["x"]
    other = driven.new_runner()
    other.start()
    other.detach()
    assert closed == ["x", "x"]

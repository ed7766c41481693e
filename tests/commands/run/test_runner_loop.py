"""The loop of the runner: its turns, its errors, and what a rollback would lose."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.database import Rows
from commands.progress.step_state import WATCH
from commands.progress.usual_time import SlowStepMonitor, UsualTime
from commands.run import runner as runner_module
from state.errors import BadRecord
from state.records import Attempt, AttemptState, RunState
from tests.commands.run.driven_runner import BACK, DEPLOY, GATE, HEALTH, DrivenRunner, wait_until
from tests.pages import NOON, fact, small
from tests.production import rows

LOSES = """within = "15 min"
[loses]
database = "shop"
sql = "SELECT count(*) FROM jobs WHERE made_at >= <since>"
says = "jobs"
"""


def test_the_loop_runs_the_steps_to_the_watch_and_ends_with_the_run(driven: DrivenRunner) -> None:
    driven.runner.start()
    assert driven.ended(GATE).state == AttemptState.DONE
    assert not driven.runner.wait(0.05), "the loop ended before the run"
    driven.sign()
    wait_until(lambda: driven.record.last("response-time"))
    assert [attempt.step for attempt in driven.record.attempts] == [GATE, DEPLOY, HEALTH, WATCH, "response-time"]
    assert set(driven.world.begun.values()) == {1}
    driven.store.add_fact(1, fact("keep"))
    assert driven.runner.wait(10)
    assert driven.record.run.state == RunState.KEPT


def test_a_sample_of_the_watch_is_stored_with_the_alerts_that_it_raises(driven: DrivenRunner) -> None:
    driven.do(GATE)
    driven.sign()
    driven.runner.start()
    wait_until(lambda: (last := driven.record.last("response-time")) and last.state != AttemptState.RUNNING)
    assert driven.last("response-time").alerts == ()
    assert driven.last(DEPLOY).alerts is None


def test_a_turn_writes_what_is_due_and_carries_out_what_is_next(driven: DrivenRunner) -> None:
    driven.do(GATE)
    driven.world.clock.move(minutes=15)
    driven.sign()
    assert driven.runner._turn()
    assert len(driven.events("status")) == 1
    assert driven.ended(DEPLOY).state == AttemptState.DONE


def test_a_turn_writes_reminders_the_time_budget_and_slow_steps(tmp_path: Path) -> None:
    driven = DrivenRunner(tmp_path)
    driven.do(GATE)
    driven.world.clock.move(minutes=15)
    driven.runner._due.write(driven.record, driven.world.clock.now())
    (reminder_,) = driven.events("chase")
    assert reminder_.roles == ("dba", "lead")
    driven.begin(DEPLOY)
    driven.store.add_fact(1, fact("rollback", after=15))
    driven.store.move_run(1, RunState.ROLLING_BACK, NOON)
    driven.world.clock.move(minutes=7.5)
    driven.runner._due.write(driven.record, driven.world.clock.now())
    assert [mark.mark for mark in driven.events("budget")] == [50]
    driven.close()


def test_a_turn_that_finds_a_clock_jump_only_records_it(driven: DrivenRunner) -> None:
    driven.world.clock.jump(hours=1)
    assert driven.runner._turn()
    assert len(driven.events("clock")) == 1
    assert driven.record.attempts == ()
    assert driven.runner._turn()
    assert driven.ended(GATE).state == AttemptState.DONE


def test_a_turn_reports_a_slow_step(tmp_path: Path) -> None:
    driven = DrivenRunner(tmp_path, small(**{'takes = "10 min"': 'takes = "2 min"'}))
    driven.do(GATE)
    driven.sign()
    driven.begin(DEPLOY)
    driven.world.clock.move(minutes=3)
    driven.store.add_fact(1, fact("rollback"))
    assert driven.runner._turn()
    assert len(driven.events("slow")) == 1
    driven.close()


def test_the_loop_does_not_spin_after_it_has_reported_a_slow_step(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    driven.do(GATE)
    driven.sign()
    driven.world.hang("deploy")
    turn, turns = driven.runner._turn, []

    def counted() -> bool:
        turns.append(1)
        return turn()

    monkeypatch.setattr(driven.runner, "_turn", counted)
    monkeypatch.setattr(SlowStepMonitor, "usual", lambda *_: {DEPLOY: UsualTime(seconds=(60.0,))})
    driven.runner.start()
    wait_until(lambda: driven.world.begun)
    driven.world.clock.move(minutes=2)
    wait_until(lambda: driven.events("slow"))
    before = len(turns)
    time.sleep(0.3)
    assert len(turns) - before < 5, "a report that was already written wakes the loop again and again"


def test_a_turn_of_a_run_that_is_over_does_nothing(driven: DrivenRunner) -> None:
    driven.store.move_run(1, RunState.ABORTED, NOON)
    assert not driven.runner._turn()
    assert driven.record.attempts == ()


@pytest.mark.parametrize(
    ("error", "words"),
    [(BadRecord("the disk is full"), "run 1 waits: the disk is full"), (KeyError("x"), "run 1: internal error")],
)
def test_after_an_error_the_loop_tries_again(
    driven: DrivenRunner,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    words: str,
) -> None:
    turn, turns = driven.runner._turn, []

    def fail_twice() -> bool:
        turns.append(1)
        if len(turns) < 3:
            raise error
        return turn()

    monkeypatch.setattr(runner_module, "RETRY_INTERVAL", 0.01)
    monkeypatch.setattr(driven.runner, "_turn", fail_twice)
    with caplog.at_level(logging.ERROR):
        driven.runner.start()
        assert driven.ended(GATE).state == AttemptState.DONE
    assert caplog.text.count(words) == 2


def test_a_detached_runner_leaves_its_running_step_to_a_later_one(driven: DrivenRunner) -> None:
    driven.do(GATE)
    driven.sign()
    driven.world.hang("deploy")
    driven.runner.start()
    wait_until(lambda: driven.world.begun)
    driven.runner.detach()
    assert driven.runner.wait(0), "the loop goes on"
    driven.world.finish("deploy")
    time.sleep(0.1)
    assert driven.last(DEPLOY).state == AttemptState.RUNNING
    driven.runner = driven.new_runner()
    driven.runner.start()
    assert driven.ended(DEPLOY).state == AttemptState.DONE
    assert set(driven.world.begun.values()) == {1}


def test_a_runner_whose_loop_is_blocked_detaches_after_its_timeout(
    driven: DrivenRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, blocked = threading.Event(), threading.Event()

    def block() -> bool:
        blocked.set()
        return release.wait(30)

    monkeypatch.setattr(driven.runner, "_turn", block)
    driven.runner.start()
    assert blocked.wait(10)
    driven.runner.detach(timeout=0.05)
    assert not driven.runner.wait(0), "it waited for a loop that is blocked"
    release.set()
    assert driven.runner.wait(10)


def test_the_loop_has_a_thread_with_its_name_that_does_not_keep_the_process_alive(driven: DrivenRunner) -> None:
    assert (driven.runner._thread.name, driven.runner._thread.daemon) == ("run-1", True)


class LosingRunner(DrivenRunner):
    """A run that changed production, of a page that asks a database what a rollback would lose."""

    def __init__(self, folder: Path) -> None:
        web, database = '[webs.api]\nurl = "$SHOP_URL"\n', '\n[databases.shop]\nurl = "$SHOP_DB"\n'
        super().__init__(folder, small(**{'within = "15 min"\n': LOSES, web: web + database}))
        self.asked = 0
        self.world.on_sql("FROM jobs", self._count)
        self.do(GATE)
        self.begin(DEPLOY)
        outcome = {"loss": {"made": 2}}
        ended = Attempt(step=DEPLOY, attempt=1, state=AttemptState.DONE, began_at=NOON, outcome=outcome)
        self.store.end_attempt(1, ended, NOON)

    def _count(self, _: str) -> Rows:
        self.asked += 1
        return rows(12)


@pytest.fixture
def losing(tmp_path: Path) -> Iterator[LosingRunner]:
    made = LosingRunner(tmp_path)
    yield made
    made.close()


def test_the_loop_asks_for_the_loss_from_its_start(losing: LosingRunner) -> None:
    losing.runner.start()
    wait_until(lambda: losing.record.run.rollback_loss == "10 jobs")


def test_in_a_rollback_the_loss_is_counted_once_right_before_the_change_is_undone(losing: LosingRunner) -> None:
    losing.store.add_fact(1, fact("rollback"))
    losing.store.move_run(1, RunState.ROLLING_BACK, NOON)
    losing.world.hang("undeploy")
    losing.runner.start()
    wait_until(lambda: losing.world.begun)
    time.sleep(0.2)
    assert losing.asked == 1
    losing.world.finish("undeploy")
    assert losing.ended(BACK).loss == {"lost": 10}


def test_a_detached_runner_asks_for_the_loss_no_longer(losing: LosingRunner) -> None:
    losing.runner.start()
    wait_until(lambda: losing.asked)
    losing.runner.detach()
    assert losing.runner._loss._stopped.is_set()

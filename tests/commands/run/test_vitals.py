"""What is known of the engine's work from outside: a loop is heard only where it did something."""

from __future__ import annotations

import time
from typing import Any

import pytest

from commands.run import runner as runner_module
from commands.run.runner import Runner
from commands.run.vitals import Vitals
from commands.runbook.page import Part
from state.errors import BadRecord
from state.records import AttemptState
from tests.commands.run.driven_runner import wait_until
from tests.commands.run.engine_case import EngineCase
from tests.pages import SIGNED, fact
from tests.state.sqlite.forger import by_hand


def silence(vitals: Vitals, seconds: float) -> None:
    """Let everything that is known be older."""
    vitals._engine_at -= seconds
    for loop in vitals._runs.values():
        loop.at -= seconds


def test_the_longest_silence_counts_whoevers_it_is() -> None:
    vitals = Vitals()
    vitals.carries(1)
    silence(vitals, 50)
    vitals.engine_turned({1}, ())
    assert vitals.silent_for >= 50
    vitals.turned(1)
    assert vitals.silent_for < 50
    silence(vitals, 50)
    vitals.turned(1)
    assert vitals.silent_for >= 50, "the engine is silent"


def test_a_run_that_is_begun_anew_again_and_again_stays_silent() -> None:
    vitals = Vitals()
    vitals.carries(1)
    silence(vitals, 50)
    vitals.carries(1)
    vitals.engine_turned({1}, ())
    assert vitals.silent_for >= 50
    assert not vitals.carries_all


def test_an_engine_that_begins_many_runs_is_not_silent_meanwhile() -> None:
    vitals = Vitals()
    silence(vitals, 50)
    vitals.carries(1)
    assert vitals.silent_for < 50
    vitals._engine_at -= 50
    vitals.carries(1)
    assert vitals.silent_for >= 50, "the same run again is nothing new"


def test_the_silence_of_a_run_that_is_over_or_anothers_says_nothing() -> None:
    vitals = Vitals()
    for run in (1, 2):
        vitals.carries(run)
    silence(vitals, 50)
    vitals.leaves(1)
    vitals.engine_turned({1}, ())
    assert vitals.silent_for < 50
    assert vitals.carried == 0


def test_all_runs_are_carried_once_each_has_come_round_and_none_is_left_out() -> None:
    vitals = Vitals()
    assert not vitals.carries_all, "there is none"
    vitals.carries(1)
    vitals.carries(2)
    vitals.turned(1)
    assert not vitals.carries_all
    vitals.turned(2)
    assert vitals.carries_all
    vitals.engine_turned({1, 2}, {3})
    assert not vitals.carries_all
    assert vitals.left_out == 1


def test_a_takeover_is_counted_once_until_the_run_is_lost() -> None:
    vitals = Vitals()
    vitals.carries(1)
    vitals.turned(1)
    vitals.took_over(1)
    assert vitals.takeovers == 0, "its own run, begun anew"
    vitals.carries(2)
    vitals.took_over(2)
    vitals.took_over(2)
    assert vitals.takeovers == 1
    vitals.leaves(2)
    vitals.carries(2)
    vitals.took_over(2)
    assert vitals.takeovers == 2


def test_the_engine_counts_steps_and_what_a_later_engine_takes_over(engine_case: EngineCase) -> None:
    number = engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: engine_case.engine.vitals.steps_ended[Part.BEFORE, AttemptState.DONE] == 1)
    assert engine_case.engine.vitals.steps_begun == {Part.BEFORE: 1}
    assert engine_case.engine.vitals.carries_all
    assert engine_case.engine.vitals.takeovers == 0
    engine_case.engine.stop()
    engine_case.engine = engine_case.new_engine()
    engine_case.engine.start()
    wait_until(lambda: engine_case.engine.vitals.takeovers == 1)
    for signature in SIGNED:
        engine_case.store.add_fact(number, signature)
    wait_until(lambda: engine_case.engine.vitals.steps_ended[Part.DEPLOY, AttemptState.DONE] == 1)
    engine_case.store.add_fact(number, fact("rollback"))
    wait_until(lambda: engine_case.engine.vitals.carried == 0)


def test_a_run_whose_turns_fail_is_silent_though_its_loop_goes_on(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []

    def fail(*_: Any) -> None:
        turns.append(1)
        raise RuntimeError("always")

    monkeypatch.setattr(runner_module, "decide", fail)
    monkeypatch.setattr(runner_module, "RETRY_INTERVAL", 0.01)
    engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: len(turns) > 20)
    began = time.monotonic()
    wait_until(lambda: engine_case.engine.vitals.silent_for > 0.3)
    assert time.monotonic() - began < 20
    assert engine_case.engine.vitals.carried == 1
    assert not engine_case.engine.vitals.carries_all


def test_a_runner_that_cannot_begin_does_not_hide_its_silence_by_beginning_anew(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def recover(runner: Runner) -> None:
        begun.append(runner.number)
        raise BadRecord("away")

    monkeypatch.setattr(Runner, "_recover", recover)
    engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: len(begun) > 2)
    assert engine_case.engine.vitals.silent_for > 0.5, "two of them began since"
    assert not engine_case.engine.vitals.carries_all


def test_a_run_that_cannot_be_carried_out_is_left_out(engine_case: EngineCase) -> None:
    engine_case.start()
    engine_case.tools_error = ValueError("no tools")
    engine_case.engine.start()
    wait_until(lambda: engine_case.engine.vitals.left_out == 1)
    assert engine_case.engine.vitals.carried == 0
    engine_case.tools_error = None
    wait_until(lambda: engine_case.engine.vitals.left_out == 0)
    wait_until(lambda: engine_case.engine.vitals.carries_all)


def test_a_run_whose_row_cannot_be_read_is_left_out(engine_case: EngineCase) -> None:
    engine_case.start()
    by_hand(engine_case.store.path, "UPDATE runs SET note = CAST(x'ff' AS TEXT)")
    engine_case.engine.start()
    wait_until(lambda: engine_case.engine.vitals.left_out == 1)

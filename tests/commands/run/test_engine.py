"""The engine: which runs it carries out, and what it does about one that it cannot."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from commands.run import engine
from commands.run.engine import page_of
from state.errors import AlreadyRunning, BadRecord
from state.records import Run, RunState
from tests.commands.run.driven_runner import wait_until
from tests.commands.run.engine_case import NEXT, PAGE, EngineCase
from tests.pages import NOON, SIGNED, event, fact, small
from tests.state.sqlite.forger import by_hand
from tests.state.sqlite.unreadable import UNREADABLE


def test_active_runs_are_carried_out_also_those_that_start_later(engine_case: EngineCase) -> None:
    first = engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(first) == "done")
    second = engine_case.start(small(**{'target = "shop"': 'target = "other shop"'}))
    wait_until(lambda: engine_case.state_of(second) == "done")
    assert sorted(engine_case.engine._runners) == [first, second]
    assert engine_case.pages == ["small.md", "small.md"]


def test_what_is_due_has_begun_once_the_first_acts_were_waited_for(engine_case: EngineCase) -> None:
    number = engine_case.start()
    engine_case.engine.start()
    engine_case.engine.wait_for_first_acts(60, 60)
    assert engine_case.state_of(number) in {"running", "done"}


def test_a_run_that_is_over_has_no_runner(engine_case: EngineCase) -> None:
    engine_case.keep(PAGE)
    engine_case.engine.start()
    number = engine_case.start()
    wait_until(lambda: engine_case.state_of(number) == "done")
    assert list(engine_case.engine._runners) == [number]
    engine_case.store.add_fact(number, fact("rollback"))
    wait_until(lambda: not engine_case.engine._runners)
    assert engine_case.store.run(number).state == RunState.ABORTED


def test_a_stopped_engine_leaves_its_runs_to_a_later_one(engine_case: EngineCase) -> None:
    number = engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(number) == "done")
    engine_case.engine.stop()
    for signature in SIGNED:
        engine_case.store.add_fact(number, signature)
    time.sleep(0.3)
    assert engine_case.state_of(number, "put-the-code-there") == "", "a stopped engine went on"
    engine_case.engine = engine_case.new_engine()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(number, "put-the-code-there") == "done")


def test_only_a_start_has_the_engine_look_for_runs_before_its_time(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POLL", 60)
    look = Mock(side_effect=engine_case.engine._without_runner)
    monkeypatch.setattr(engine_case.engine, "_without_runner", look)
    first = engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(first) == "done")
    looked = look.call_count
    for _ in range(20):
        engine_case.store.add_events(first, NOON, event("status"))
    time.sleep(0.3)
    assert look.call_count == looked, "it read the list of runs because of a run that has its runner"
    second = engine_case.start(small(**{'target = "shop"': 'target = "other shop"'}))
    wait_until(lambda: engine_case.state_of(second) == "done")


def test_a_stopping_engine_hands_over_each_run_as_soon_as_its_own_runner_has_ended(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.run.engine.LEAVE", 0.3)
    handed: list[int] = []
    monkeypatch.setattr(engine_case.store, "hand_over", handed.extend)
    first, second = engine_case.start(), engine_case.start(small(**{'target = "shop"': 'target = "other shop"'}))
    engine_case.engine.start()
    wait_until(lambda: [engine_case.state_of(number) for number in (first, second)] == ["done", "done"])
    stuck, leaves = engine_case.engine._runners[first], engine_case.engine._runners[second]
    monkeypatch.setattr(stuck, "wait", lambda timeout=None: False)
    engine_case.engine.stop()
    assert handed == [second], "one whose runner may still write belongs to this bot until that is gone"
    assert leaves.wait(0)


def test_an_engine_whose_record_is_away_stops_all_the_same(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise BadRecord("it is away")

    monkeypatch.setattr(engine_case.store, "hand_over", away)
    number = engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(number) == "done")
    engine_case.engine.stop()
    assert not engine_case.engine.is_alive


def test_an_engine_that_is_stuck_says_for_how_long(engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, goes_on = threading.Event(), threading.Event()

    def hangs(*_: object) -> None:
        stuck.set()
        goes_on.wait(30)

    engine_case.engine.start()
    number = engine_case.start()
    wait_until(lambda: engine_case.state_of(number) == "done")
    monkeypatch.setattr(engine_case.store, "active_runs", hangs)
    assert stuck.wait(30)
    time.sleep(0.5)
    assert engine_case.engine.idle_seconds >= 0.5
    monkeypatch.undo()
    goes_on.set()
    wait_until(lambda: engine_case.engine.idle_seconds < 0.5)


def test_a_stopped_engine_begins_no_run(engine_case: EngineCase) -> None:
    engine_case.engine.stop()
    engine_case.start()
    engine_case.engine.start()
    time.sleep(0.1)
    assert engine_case.engine._runners == {}


def broken_run(engine_case: EngineCase) -> int:
    """Write a run of another target whose page cannot be read."""
    texts = dict.fromkeys(("ref", "note", "starter", "channel"), "")
    row = {**texts, "target": "another target", "page": "old.md", "text": "# A page of another time\n"}
    return engine_case.store.start_run({**row, "speed": 1.0, "notice_minutes": 0}, NOON, event("started")).id


@pytest.mark.fault("one bad old thing stops all")
def test_a_run_whose_page_cannot_be_read_is_logged_once_and_holds_up_no_other(
    engine_case: EngineCase, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = broken_run(engine_case), engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(good) == "done")
    for _ in range(3):
        with engine_case.store.changed:
            engine_case.store.changed.notify_all()
        time.sleep(0.05)
    logged = [entry.getMessage() for entry in caplog.records if "cannot be carried out" in entry.getMessage()]
    assert len(logged) == 1, f"it is logged each time: {logged}"
    assert logged[0].startswith(f"run {broken} of another target cannot be carried out: line 1")


def test_a_byte_that_is_no_text_in_one_run_holds_up_no_other(engine_case: EngineCase) -> None:
    changed, good = broken_run(engine_case), engine_case.start()
    engine_case.store.save_file(changed, "up.sql", "SELECT 1")
    by_hand(engine_case.store.path, "UPDATE files SET text = CAST(x'ff' AS TEXT)")
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(good) == "done")


def test_a_run_without_tools_is_logged_again_when_the_reason_changes_and_carried_out_when_they_are_there(
    engine_case: EngineCase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    number = engine_case.start()
    engine_case.tools_error = OSError("no key")
    engine_case.engine.start()
    wait_until(lambda: "cannot be carried out: no key" in caplog.text)
    engine_case.tools_error = ValueError("no address")
    wait_until(lambda: "cannot be carried out: no address" in caplog.text)
    engine_case.tools_error = None
    wait_until(lambda: engine_case.state_of(number) == "done")
    assert engine_case.engine._errors == {}


def test_a_state_file_that_cannot_be_used_is_tried_again(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    number = engine_case.keep()
    read, reads = engine_case.store.active_runs, []

    def busy_once() -> Any:
        reads.append(1)
        if len(reads) == 1:
            raise BadRecord("it is busy")
        return read()

    monkeypatch.setattr(engine_case.store, "active_runs", busy_once)
    engine_case.engine.start()
    wait_until(lambda: len(engine_case.summaries(number)) == 1)
    assert len(reads) > 1
    assert "the record cannot be used now; trying again: it is busy" in caplog.text


def test_an_engine_whose_loop_is_blocked_stops_all_the_same(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, blocked = threading.Event(), threading.Event()

    def block() -> list[Run]:
        blocked.set()
        release.wait(30)
        return []

    monkeypatch.setattr(engine_case.store, "active_runs", block)
    engine_case.engine.start()
    assert blocked.wait(10)
    engine_case.engine.stop()
    assert engine_case.engine._thread.is_alive(), "it waited for a loop that is blocked"
    release.set()


def test_the_loop_has_a_thread_with_its_name_that_does_not_keep_the_process_alive(engine_case: EngineCase) -> None:
    assert (engine_case.engine._thread.name, engine_case.engine._thread.daemon) == ("engine", True)


def test_a_run_keeps_its_own_copy_of_its_page(engine_case: EngineCase) -> None:
    run = engine_case.store.run(engine_case.start(NEXT))
    assert page_of(run).decision.starts == "small.md"
    assert page_of(replace(run, page="other.md")).name == "other.md"


NO_TEXT = "CAST(x'ff' AS TEXT)"
DAMAGES = ["began_at = 'yesterday'", "places = '['", "speed = 'fast'", "state = 'gone'", "target = x'66'"]


@pytest.mark.parametrize("damage", [*DAMAGES, *(f"{name} = {NO_TEXT}" for name in ("note", "target", "state", "page"))])
def test_a_run_whose_row_cannot_be_read_is_named_and_holds_up_no_other(
    engine_case: EngineCase, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    broken, good = broken_run(engine_case), engine_case.start()
    by_hand(engine_case.store.path, f"UPDATE runs SET {damage} WHERE id = {broken}")
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(good) == "done")
    assert [run.id for run in engine_case.store.active_runs()] == [good]
    assert list(engine_case.store.unreadable_runs()) == [broken]
    assert f"Run {broken} cannot be read from the record" in caplog.text


def test_where_a_run_cannot_be_read_only_another_target_starts(engine_case: EngineCase) -> None:
    broken = broken_run(engine_case)
    by_hand(engine_case.store.path, f"UPDATE runs SET note = CAST(x'ff' AS TEXT) WHERE id = {broken}")
    assert engine_case.store.unreadable_runs() == {broken: "another target"}
    assert engine_case.start() > broken
    by_hand(engine_case.store.path, f"UPDATE runs SET state = 'ended by hand' WHERE id > {broken}")
    by_hand(engine_case.store.path, f"UPDATE runs SET target = CAST(x'ff' AS TEXT) WHERE id = {broken}")
    with pytest.raises(AlreadyRunning, match=f"Run {broken} cannot be read .* no run of shop can start"):
        engine_case.start()


@pytest.mark.parametrize("state", ["'gone'", "'Going'", "''", NO_TEXT])
def test_no_second_run_of_a_target_starts_beside_one_in_a_state_that_nobody_knows(
    engine_case: EngineCase, state: str
) -> None:
    first = engine_case.start()
    by_hand(engine_case.store.path, f"UPDATE runs SET state = {state}")
    with pytest.raises(AlreadyRunning, match=f"Run {first} cannot be read .* no run of shop can start"):
        engine_case.start()


@pytest.mark.parametrize("damage", ["note = CAST(x'ff' AS TEXT)", "began_at = 'yesterday'"])
def test_a_run_that_is_over_and_cannot_be_read_keeps_no_run_from_starting(engine_case: EngineCase, damage: str) -> None:
    first = engine_case.start()
    by_hand(engine_case.store.path, f"UPDATE runs SET state = 'kept', {damage}")
    assert engine_case.store.unreadable_runs() == {}
    assert engine_case.start() > first


@pytest.mark.parametrize("row", UNREADABLE)
def test_an_old_run_of_the_same_page_that_cannot_be_read_holds_up_no_new_one(engine_case: EngineCase, row: str) -> None:
    old = engine_case.start()
    engine_case.store.move_run(old, RunState.KEPT, NOON)
    by_hand(engine_case.store.path, UNREADABLE[row])
    new = engine_case.start()
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(new) == "done")


def test_a_run_whose_record_cannot_be_checked_holds_up_no_other(
    engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = broken_run(engine_case), engine_case.start()
    changes = engine_case.store.changes

    def changes_of(number: int) -> Any:
        if number == broken:
            raise BadRecord("its journal is torn")
        return changes(number)

    monkeypatch.setattr(engine_case.store, "changes", changes_of)
    engine_case.engine.start()
    wait_until(lambda: engine_case.state_of(good) == "done")
    assert f"run {broken} of another target cannot be carried out: its journal is torn" in caplog.text

"""Whole runs over a restart or a lost connection: nothing twice, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.database import Migration
from commands.run import recovery
from commands.run.engine import Engine
from state.errors import LostTrack, Unreachable
from state.facts import Choice
from state.records import AttemptState
from tests.production import NEW, OLD
from tests.simulated_run import SimulatedRun, holder, running
from tests.world import World


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    """Option A, not started yet."""
    sim = SimulatedRun(tmp_path)
    yield sim
    sim.close()


def interrupted_in(sim: SimulatedRun, step: str, script: str) -> None:
    """Stop the engine while a step's script hangs; the script ends well after that."""
    sim.world.hang(script)
    sim.engine.start()
    sim.advance(until=running(sim, step))
    sim.engine.stop()
    sim.world.finish(script)


def test_a_second_engine_continues_a_run_and_does_nothing_twice(sim: SimulatedRun, second_engine: Engine) -> None:
    interrupted_in(sim, "backend-install", "npm ci --omit=dev")
    second_engine.start()
    sim.advance(until=lambda: not running(sim, "backend-install")())
    assert {key: times for key, times in sim.world.begun.items() if times > 1} == {}
    sim.roll_back()
    sim.advance(until=lambda: sim.state != "going")


def test_a_step_that_cannot_be_checked_after_a_restart_asks_people_and_is_not_run_again(
    sim: SimulatedRun, second_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "PATIENCE", 1.0)
    interrupted_in(sim, "backend-install", "npm ci --omit=dev")
    sim.world.on_host("^look$", Unreachable("It cannot be reached: nobody listens there."))
    second_engine.start()
    sim.advance(until=lambda: bool(sim.waiting("answer")))
    attempt = sim.last("backend-install")
    assert (attempt.state, attempt.attempt) == (AttemptState.UNKNOWN, 1)
    assert "the bot cannot check it: It cannot be reached" in attempt.summary
    assert sim.state == "going", "an unknown end rolled back by itself"
    assert sim.waiting("answer")[0].choices == ("again", "done", "skip")
    sim.world.forget("^look$")
    sim.actions.answer("backend-install", 1, holder("dba"), Choice.RETRY, "", sim.world.clock.now())
    sim.advance(until=running(sim, "the watch"))
    assert sim.last("backend-install").attempt == 2
    assert [times for key, times in sim.world.begun.items() if "/backend-install/" in key] == [1], "started twice"


def test_a_migration_whose_commit_was_lost_is_found_and_not_applied_again(sim: SimulatedRun) -> None:
    def lose_the_answer(migration: Migration) -> Exception:
        sim.world.forward = True
        sim.world.applied[migration.key] += 1
        return LostTrack("The connection broke after COMMIT was sent.")

    sim.world.on_sql("ADD COLUMN job_type_id", lose_the_answer)
    sim.engine.start()
    sim.advance(until=running(sim, "the watch"))
    assert not sim.events("answer"), "people were asked what the database tells"
    assert sim.last("migration").attempt == 1
    assert set(sim.world.applied.values()) == {1}
    assert sim.world.running == NEW


def test_a_countdown_continues_while_the_bot_is_away(sim: SimulatedRun) -> None:
    sim.make_slow_in_watch()
    sim.engine.start()
    sim.advance(until=lambda: bool(sim.events("alert")))
    sim.engine.stop()
    sim.world.clock.move(minutes=2)
    sim.engine = sim.new_engine()
    sim.engine.start()
    sim.advance()
    assert sim.state == "rolled back"
    counted = [event for event in sim.events("alert") if event.data.number]  # those after the rollback count nothing
    assert len(counted) == 1, "the restart started the countdown again"
    request = sim.record.rollback
    assert request
    assert "nobody held the countdown" in request.reason


def test_a_status_is_posted_once_in_each_15_minutes_also_by_a_second_engine(tmp_path: Path) -> None:
    sim = SimulatedRun(tmp_path, World(rate=1.0))
    sim.engine.start()
    sim.advance(until=lambda: bool(sim.waiting("sign")), sign=False)
    for slot in range(1, 5):
        assert len(sim.events("status")) == slot - 1
        sim.world.clock.move(minutes=15)
        sim.advance(until=lambda n=slot: len(sim.events("status")) >= n, sign=False)  # type: ignore[misc]
    sim.engine.stop()
    sim.engine = sim.new_engine()
    sim.engine.start()
    sim.world.clock.move(minutes=15)
    sim.advance(until=lambda: len(sim.events("status")) > 4, sign=False)
    assert [event.data.slot for event in sim.events("status")] == [1, 2, 3, 4, 5]
    sim.close()


def test_a_new_state_file_does_not_take_the_jobs_of_an_old_one_for_its_own(tmp_path: Path) -> None:
    """Both count their runs from 1; what the old file's run 1 did is still on the host and in the database."""
    world = World()
    for name in ("old", "new"):
        folder = tmp_path / name
        folder.mkdir()
        sim = SimulatedRun(folder, world)
        sim.engine.start()
        sim.advance()
        sim.close()
        world.head = world.running = world.served = OLD
        world.forward = False
    begun = {key for key in world.begun if "frontend-build" in key}
    assert len(begun) == 2, f"the second file's step was not begun: {begun}"
    assert len([key for key in world.applied if key.endswith("/migration")]) == 2

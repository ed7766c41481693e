"""Whole runs of the shipped pages: the real engine, runner and store on the fake World."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.shell import CommandResult
from commands.runbook import Page
from commands.start.preflight import PreflightReport
from state.errors import Failed, NotAllowed, Refused
from state.facts import Choice
from state.records import AttemptState
from tests.production import NEW, answer
from tests.simulated_run import STARTER, SimulatedRun, holder, running


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    """Option A, not started yet."""
    sim = SimulatedRun(tmp_path)
    yield sim
    sim.close()


def test_a_good_deploy_is_kept_and_each_effect_happens_once(sim: SimulatedRun) -> None:
    sim.engine.start()
    sim.advance()
    assert sim.state == "kept"
    assert sim.deployed
    assert sim.world.jobs == {}, "test jobs were left behind"
    assert set(sim.world.begun.values()) == {1}, f"started more than once: {sim.world.begun}"
    assert set(sim.world.applied.values()) == {1}
    assert sim.store.changes(sim.run) == [], "the bot's own writes must be in the journal"
    assert sim.events("record") == []


def test_what_a_step_left_for_a_later_one_is_removed_when_the_run_is_over(sim: SimulatedRun) -> None:
    sim.engine.start()
    sim.advance(until=lambda: sim.record.last("proof") is not None)
    sim.roll_back()
    sim.advance()
    deadline = time.monotonic() + 60
    while not any("take_proven && drop_copy" in script for script, _ in sim.world.asked):
        assert time.monotonic() < deadline, "the proof's copy of production is still on the scratch server"
        time.sleep(0.01)


def test_status_posts_come_at_most_every_15_minutes_of_the_pages_time(sim: SimulatedRun) -> None:
    sim.engine.start()
    sim.advance()
    # the World's clock runs so fast that some posts are skipped, but none may come twice
    posts = len(sim.events("status"))
    assert 4 <= posts <= 24, f"{posts} status posts in about five hours"


def test_a_failed_migration_rolls_back_at_once(sim: SimulatedRun) -> None:
    sim.world.on_sql("ADD COLUMN job_type_id", Failed("016.sql failed at line 9 and was rolled back whole"))
    sim.engine.start()
    sim.advance()
    assert sim.state == "rolled back"
    assert sim.restored
    assert sim.record.last("backend-code") is None, "the backend was deployed after a failed migration"


def test_a_failed_smoke_test_rolls_back_at_once(sim: SimulatedRun) -> None:
    bad = answer(500, {"error": "no"})
    sim.world.on_web(
        "POST api /api/jobs$", lambda call: bad if sim.world.running == NEW else sim.world.web_says("api", call)
    )
    sim.engine.start()
    sim.advance()
    assert sim.state == "rolled back"
    assert sim.restored


def test_an_alert_in_the_watch_rolls_back(sim: SimulatedRun) -> None:
    sim.make_slow_in_watch()
    sim.engine.start()
    sim.advance()
    assert sim.state == "rolled back"
    assert [event.data.name for event in sim.events("alert") if event.data.number] == ["API response > 5 seconds"]
    assert sim.restored


def test_an_alert_that_is_held_as_a_false_alarm_rolls_nothing_back(sim: SimulatedRun) -> None:
    sim.world.clock.set_rate(10.0)  # a countdown of 6 seconds
    sim.make_slow_in_watch()
    sim.engine.start()
    sim.advance(until=lambda: bool(sim.events("alert")))
    alert = str(sim.events("alert")[0].data.name)
    sim.actions.false_alarm(alert, 1, holder("on_call"), "a load test", "2 h", sim.world.clock.now())
    sim.world.on_web("GET api /api/jobs$", lambda call: answer(200, []))
    sim.world.clock.set_rate(200.0)
    sim.advance()
    assert sim.state == "kept"
    assert len(sim.events("held alert")) == 1


def test_a_rollback_stops_a_hanging_step_and_rolls_back(sim: SimulatedRun) -> None:
    sim.world.hang("npm ci --omit=dev")
    sim.engine.start()
    sim.advance(until=running(sim, "backend-install"))
    sim.roll_back()
    sim.advance(until=lambda: sim.record.last("stop-requests") is not None)
    assert sim.state_of("backend-install") == AttemptState.STOPPED


def test_a_rollback_that_is_requested_twice_happens_once(sim: SimulatedRun) -> None:
    sim.engine.start()
    sim.advance(until=running(sim, "the watch"))
    sim.roll_back()
    sim.roll_back()
    sim.advance()
    assert sim.state == "rolled back"
    assert len(sim.events("rollback")) == 1


def test_a_rollback_before_production_is_changed_stops_the_backup_and_changes_nothing(sim: SimulatedRun) -> None:
    sim.world.hang("pg_dump")
    sim.engine.start()
    sim.advance(until=running(sim, "backup"))
    sim.roll_back()
    sim.advance()
    assert sim.state == "aborted"
    assert sim.state_of("backup") == AttemptState.STOPPED
    assert sim.restored
    assert sim.record.last("stop-requests") is None, "maintenance was switched on although nothing had changed"


def test_a_refused_sign_off_before_the_deploy_aborts_and_changes_nothing(sim: SimulatedRun) -> None:
    sim.engine.start()
    sim.advance(until=lambda: bool(sim.waiting("sign")), sign=False)
    sim.actions.sign(
        "review", 1, holder("reviewer"), sim.world.clock.now(), refused=True, reason="there is a console.log"
    )
    sim.advance(sign=False)
    assert sim.state == "aborted"
    assert sim.restored
    assert not sim.world.applied


def test_a_refused_sign_off_after_the_deploy_asks_people_and_decides_nothing(sim: SimulatedRun) -> None:
    def at_sign_off() -> bool:
        return any(waiting.step == "sign-off-deployed" for waiting in sim.waiting("sign"))

    sim.engine.start()
    sim.advance(until=lambda: at_sign_off() or sim.record.last("sign-off-deployed") is not None)
    sim.advance(until=at_sign_off, sign=False)
    now = sim.world.clock.now()
    sim.actions.sign("sign-off-deployed", 1, holder("dba"), now, refused=True, reason="a verify query looks odd")
    time.sleep(0.3)
    assert sim.state == "going"
    assert [waiting.step for waiting in sim.waiting("answer")] == ["sign-off-deployed"]
    asked = [event.data.ask for event in sim.events("wanted") if event.step == "sign-off-deployed"]
    assert asked == ["sign", "answer"]
    sim.roll_back()
    sim.advance()
    assert sim.restored


def test_the_window_is_skipped_with_a_reason_and_a_second_person(sim: SimulatedRun) -> None:
    sim.world.clock.move(hours=12)  # Tuesday, 11:00 in Bangkok
    sim.engine.start()
    sim.advance(until=lambda: bool(sim.waiting("answer")))
    at, lead = sim.world.clock.now(), holder("tech_lead")
    sim.actions.answer("window", 1, lead, Choice.SKIP, "the customer waits for it", at)
    with pytest.raises(NotAllowed, match="A second person must agree"):
        sim.actions.agree("window", 1, lead, at)
    sim.actions.agree("window", 1, holder("dba"), at)
    sim.advance(until=running(sim, "the watch"))


def test_an_internal_error_is_an_unknown_end_and_logs_no_secret(
    sim: SimulatedRun, caplog: pytest.LogCaptureFixture
) -> None:
    sim.world.on_host("npm run build", RuntimeError("password=hunter2"))
    with caplog.at_level(logging.DEBUG):
        sim.engine.start()
        sim.advance(until=lambda: bool(sim.waiting("answer")))
    assert sim.state_of("frontend-build") == AttemptState.UNKNOWN
    assert "hunter2" not in caplog.text


def test_a_run_on_hold_begins_no_step_until_the_tech_lead_resumes_it(sim: SimulatedRun) -> None:
    sim.actions.hold(STARTER, "wait for me", sim.world.clock.now())
    sim.engine.start()
    time.sleep(0.5)
    assert sim.record.attempts == ()
    sim.actions.resume(holder("tech_lead"), "", sim.world.clock.now())
    sim.advance(until=lambda: sim.record.last("backup") is not None)


def test_broken_unicode_in_the_output_of_a_step_does_not_hang_the_run(sim: SimulatedRun) -> None:
    sim.world.on_host("npm run build", CommandResult(code=1, tail="odd \ud83d\x00", size=5, seconds=0.1))
    sim.engine.start()
    sim.advance()
    assert sim.state == "rolled back"
    assert [event.data.output for event in sim.events("ended") if event.step == "frontend-build"] == ["odd ?\x00"]


def test_option_b_when_kept_starts_option_a_once(tmp_path: Path) -> None:
    sim = SimulatedRun(tmp_path, page="option-b.md")
    sim.engine.start()
    sim.advance(until=lambda: len(sim.store.runs()) == 2)
    assert [(run.page, run.starter) for run in sim.store.runs()] == [
        ("option-a.md", "USTARTER"),
        ("option-b.md", "USTARTER"),
    ]
    time.sleep(0.6)
    assert len(sim.events("next")) == 1
    sim.close()


def test_a_next_page_that_fails_its_preflight_is_not_started_and_the_thread_says_why(tmp_path: Path) -> None:
    sim = SimulatedRun(tmp_path, page="option-b.md")

    def preflight(page: Page, ref: str) -> PreflightReport:
        raise Refused(f"{page.name} at {ref[:4]}: the backup's folder is full")

    sim.engine = sim.new_engine(preflight)
    sim.engine.start()
    sim.advance(until=lambda: bool(sim.events("next")))
    assert "option-a.md could not be started" in sim.events("next")[0].data.summary
    assert "the backup's folder is full" in sim.events("next")[0].data.summary
    assert len(sim.store.runs()) == 1
    sim.close()

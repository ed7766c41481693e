"""Whole runs of the shipped pages: the real engine, runner and record, on the fake World."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.runbook import Page
from commands.signoff.waiting import waiting_for
from state.errors import Failed, NotAllowed, Refused
from state.facts import Choice
from state.records import AttemptState
from tests.production import NEW, OLD, answer
from tests.show import STARTER, Show, holder, running
from tests.world import World


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """Option A, not yet acted on."""
    shown = Show(tmp_path)
    yield shown
    shown.close()


def state(show: Show) -> str:
    """The run's state."""
    return show.store.run(show.run).state


def deployed(world: World) -> bool:
    """Whether the new version is whole and open to everybody."""
    return (world.forward, world.running, world.served, world.maintenance) == (True, NEW, NEW, False)


def as_before(world: World) -> bool:
    """Whether the old version is whole and open to everybody."""
    return (world.forward, world.running, world.served, world.maintenance) == (False, OLD, OLD, False)


def test_everything_goes_well_to_keep_and_each_effect_happens_once(show: Show) -> None:
    show.engine.start()
    show.play()
    assert state(show) == "kept"
    assert deployed(show.world)
    assert show.world.jobs == {}, "test jobs were left behind"
    assert set(show.world.begun.values()) == {1}, f"started more than once: {show.world.begun}"
    assert set(show.world.applied.values()) == {1}


def test_what_a_step_left_for_a_later_one_is_cleared_away_when_the_run_is_over(show: Show) -> None:
    show.engine.start()
    show.play(until=lambda: show.record.last("proof") is not None)
    show.roll_back()
    show.play()
    deadline = time.monotonic() + 10
    while not any("take_proven && drop_copy" in script for script, _ in show.world.asked):
        assert time.monotonic() < deadline, "the proof's copy of production stays beside the scratch address"
        time.sleep(0.01)


def test_the_status_is_told_at_most_once_in_15_minutes_of_the_pages_time(show: Show) -> None:
    show.engine.start()
    show.play()
    # the World's clock runs so fast that some posts are skipped; none may be told twice
    told = len(show.events("status"))
    assert 4 <= told <= 24, f"{told} status posts in about five hours"


def test_a_bad_migration_goes_straight_back(show: Show) -> None:
    show.world.on_sql("ADD COLUMN job_type_id", Failed("016.sql failed at line 9 and was rolled back whole"))
    show.engine.start()
    show.play()
    assert state(show) == "rolled back"
    assert as_before(show.world)
    assert show.record.last("backend-code") is None, "the backend was deployed after a failed migration"


def test_a_failing_smoke_test_goes_straight_back(show: Show) -> None:
    bad = answer(500, {"error": "no"})
    show.world.on_web(
        "POST api /api/jobs$", lambda call: bad if show.world.running == NEW else show.world.web_says("api", call)
    )
    show.engine.start()
    show.play()
    assert state(show) == "rolled back"
    assert as_before(show.world)


def test_an_alert_in_the_watch_goes_straight_back(show: Show) -> None:
    show.engine.start()
    show.play(until=running(show, "the watch"))
    show.world.on_web("GET api /api/jobs$", lambda call: answer(200, [], seconds=6.0))
    show.play()
    assert state(show) == "rolled back"
    assert [event.data.name for event in show.events("alert")] == ["API response > 5 seconds"]
    assert as_before(show.world)


def slow_in_the_watch(show: Show) -> str:
    """Let the API become slow in the watch, until the alert counts down; returns the alert's name."""
    show.engine.start()
    show.play(until=running(show, "the watch"))
    show.world.on_web("GET api /api/jobs$", lambda call: answer(200, [], seconds=6.0))
    show.play(until=lambda: bool(show.events("alert")))
    return str(show.events("alert")[0].data.name)


def test_a_countdown_runs_on_while_the_bot_is_away(show: Show) -> None:
    slow_in_the_watch(show)
    show.engine.stop()
    show.world.clock.move(minutes=2)
    show.engine = show.new_engine()
    show.engine.start()
    show.play()
    assert state(show) == "rolled back"
    assert len(show.events("alert")) == 1, "a restart must not begin the countdown anew"
    back = show.record.rollback
    assert back
    assert "nobody held the countdown" in back.reason


def test_an_alert_that_is_held_rolls_nothing_back(show: Show) -> None:
    show.world.clock.rate = 20.0  # a countdown of 3 seconds
    name = slow_in_the_watch(show)
    show.actions.false_alarm(name, 1, holder("on_call"), "a load test", "2 h", show.world.clock.now())
    show.world.on_web("GET api /api/jobs$", lambda call: answer(200, []))
    show.world.clock.rate = 200.0
    show.play()
    assert state(show) == "kept"
    assert [
        event.data.stored_kind
        for event in show.store.events(show.run, limit=5000)
        if event.data.stored_kind == "held alert"
    ] == ["held alert"]


def test_a_rollback_stops_a_hanging_step_and_turns_back_within_two_seconds(show: Show) -> None:
    show.world.hang("npm ci --omit=dev")
    show.engine.start()
    show.play(until=running(show, "backend-install"))
    began = time.monotonic()
    show.roll_back()
    show.play(until=lambda: show.record.last("stop-requests") is not None, seconds=2)
    assert time.monotonic() - began < 2
    stopped = show.record.last("backend-install")
    assert stopped
    assert stopped.state == "stopped"


def test_two_rollbacks_at_once_are_one(show: Show) -> None:
    show.engine.start()
    show.play(until=running(show, "the watch"))
    show.roll_back()
    show.roll_back()
    show.play()
    assert state(show) == "rolled back"
    assert len(show.events("rollback")) == 1


def test_a_refused_sign_off_ends_the_run_and_touches_nothing(show: Show) -> None:
    show.engine.start()
    show.play(until=lambda: bool(waiting_for(show.page, show.record)), react=False)
    show.actions.sign(
        "review", 1, holder("reviewer"), show.world.clock.now(), refused=True, reason="there is a console.log"
    )
    show.play(react=False)
    assert state(show) == "aborted"
    assert as_before(show.world)
    assert not show.world.applied


def test_the_window_is_overridden_by_a_reason_and_a_second_person(show: Show) -> None:
    show.world.clock.move(hours=12)  # Tuesday, 11:00 in Bangkok
    show.engine.start()
    show.play(until=lambda: any(w.ask == "answer" for w in waiting_for(show.page, show.record)))
    at, lead = show.world.clock.now(), holder("tech_lead")
    show.actions.answer("window", 1, lead, Choice.SKIP, "the customer waits for it", at)
    with pytest.raises(NotAllowed, match="A second person must agree"):
        show.actions.agree("window", 1, lead, at)
    show.actions.agree("window", 1, holder("dba"), at)
    show.play(until=running(show, "the watch"))


def test_a_run_that_another_engine_left_goes_on_without_doing_anything_twice(show: Show) -> None:
    show.world.hang("npm ci --omit=dev")
    show.engine.start()
    show.play(until=running(show, "backend-install"))
    show.engine.stop()
    show.world._on["host"].clear()
    again = show.new_engine()
    again.start()
    try:
        show.play(until=lambda: not running(show, "backend-install")())
        assert {key: n for key, n in show.world.begun.items() if n > 1} == {}
    finally:
        show.roll_back()
        show.play(until=lambda: show.record.run.state != "going")
        again.stop()


def test_an_error_of_our_own_is_unknown_and_no_secret_is_logged(show: Show, caplog: pytest.LogCaptureFixture) -> None:
    show.world.on_host("npm run build", RuntimeError("password=hunter2"))
    with caplog.at_level(logging.DEBUG):
        show.engine.start()
        show.play(until=lambda: any(w.ask == "answer" for w in waiting_for(show.page, show.record)))
    row = show.record.last("frontend-build")
    assert row
    assert row.state == AttemptState.UNKNOWN
    assert "hunter2" not in caplog.text


def test_a_hold_stops_the_next_step_and_resume_is_the_leads(show: Show) -> None:
    show.actions.hold(STARTER, "wait for me", show.world.clock.now())
    show.engine.start()
    time.sleep(0.5)
    assert show.record.attempts == ()
    show.actions.resume(holder("tech_lead"), "", show.world.clock.now())
    show.play(until=lambda: show.record.last("backup") is not None)


def test_option_b_when_kept_starts_option_a_once(tmp_path: Path) -> None:
    show = Show(tmp_path, page="option-b.md")
    show.engine.start()
    show.play(until=lambda: len(show.store.runs()) == 2)
    assert [(run.page, run.starter) for run in show.store.runs()] == [
        ("option-a.md", "USTARTER"),
        ("option-b.md", "USTARTER"),
    ]
    time.sleep(0.6)
    assert len(show.events("next")) == 1
    show.close()


def test_a_page_that_cannot_go_well_is_not_begun_by_keep_and_the_thread_says_why(tmp_path: Path) -> None:
    show = Show(tmp_path, page="option-b.md")

    def look(page: Page, ref: str) -> tuple[str, ...]:
        raise Refused(f"{page.name} at {ref[:4]}: the backup's folder is full")

    show.engine = show.new_engine(look)
    show.engine.start()
    show.play(until=lambda: bool(show.events("next")))
    assert "option-a.md could not be started" in show.events("next")[0].data.summary
    assert "the backup's folder is full" in show.events("next")[0].data.summary
    assert len(show.store.runs()) == 1
    show.close()


def test_a_new_record_never_takes_the_jobs_of_an_old_one_for_its_own(tmp_path: Path) -> None:
    """Both count their runs from 1; on the host and in the database lies what the old record's run 1 did."""
    world = World()
    for name in ("old", "new"):
        folder = tmp_path / name
        folder.mkdir()
        show = Show(folder, world)
        show.engine.start()
        show.play()
        show.close()
        world.head = world.running = world.served = OLD
        world.forward = False
    begun = {key for key in world.begun if "frontend-build" in key}
    assert len(begun) == 2, f"the second record's step was not begun: {begun}"
    assert len([key for key in world.applied if key.endswith("/migration")]) == 2

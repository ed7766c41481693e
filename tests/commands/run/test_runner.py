"""The runner on whole runs: status slots, take-over, what is not known, and texts that are not fit for UTF-8."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands.ports.database import Migration
from commands.ports.shell import CommandResult
from commands.run.engine import Engine
from commands.signoff.waiting import Waiting, waiting_for
from state.errors import LostTrack, Unreachable
from state.facts import Choice
from state.records import Attempt, AttemptState
from tests.pages import event, payload
from tests.production import NEW, OLD
from tests.show import Show, holder, running
from tests.world import World


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """Option A, not yet acted on."""
    shown = Show(tmp_path)
    yield shown
    shown.close()


def asked(show: Show, kind: str) -> tuple[Waiting, ...]:
    """Who is waited for in one way."""
    return tuple(one for one in waiting_for(show.page, show.record) if one.ask == kind)


def is_asked(show: Show, kind: str) -> Callable[[], bool]:
    """Whether somebody is waited for in one way."""
    return lambda: bool(asked(show, kind))


def last(show: Show, step: str) -> Attempt:
    """A step's newest attempt."""
    row = show.record.last(step)
    assert row, f"{step} has not begun"
    return row


def as_before(world: World) -> bool:
    """Whether the old version is whole and open to everybody."""
    return (world.forward, world.running, world.served, world.maintenance) == (False, OLD, OLD, False)


def test_the_status_is_told_once_in_each_15_minutes_also_by_a_later_engine(tmp_path: Path) -> None:
    show = Show(tmp_path, World(rate=1.0))
    show.engine.start()
    show.play(until=is_asked(show, "sign"), react=False)
    for slot in range(1, 5):
        assert len(show.events("status")) == slot - 1
        show.world.clock.move(minutes=15)
        show.play(until=lambda n=slot: len(show.events("status")) >= n, react=False)  # type: ignore[misc]
    show.engine.stop()
    later = show.new_engine()
    later.start()
    time.sleep(0.5)
    later.stop()
    assert len(show.events("status")) == 4, "a slot was told again after the restart"
    show.close()


def test_a_job_that_cannot_be_looked_at_after_a_restart_asks_people_and_is_not_begun_again(
    show: Show, another: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.run.running_step.PATIENCE", timedelta(seconds=1))
    show.world.hang("npm ci --omit=dev")
    show.engine.start()
    show.play(until=running(show, "backend-install"))
    show.engine.stop()
    show.world._on["host"].clear()
    show.world.on_host("^look$", Unreachable("It cannot be reached: nobody listens there."))
    another.start()
    show.play(until=is_asked(show, "answer"))
    row = last(show, "backend-install")
    assert (row.state, row.attempt) == (AttemptState.UNKNOWN, 1)
    assert "cannot look" in row.summary
    assert show.record.run.state == "going", "what is not known must not roll back by itself"
    assert asked(show, "answer")[0].choices == ("again", "done", "skip")
    show.actions.answer("backend-install", 1, holder("dba"), Choice.RETRY, "", show.world.clock.now())
    show.play(until=running(show, "the watch"))
    assert last(show, "backend-install").attempt == 2


def test_a_lost_migration_that_is_there_is_not_applied_again(show: Show) -> None:
    def lost(migration: Migration) -> Exception:
        show.world.forward = True
        show.world.applied[migration.key] += 1
        return LostTrack("The connection broke after COMMIT was sent.")

    show.world.on_sql("ADD COLUMN job_type_id", lost)
    show.engine.start()
    show.play(until=running(show, "the watch"))
    assert not show.events("answer"), "a person was asked what the database tells"
    assert last(show, "migration").attempt == 1
    assert set(show.world.applied.values()) == {1}
    assert show.world.running == NEW


def test_a_rollback_before_production_is_touched_stops_the_backup_and_touches_nothing(show: Show) -> None:
    show.world.hang("pg_dump")
    show.engine.start()
    show.play(until=running(show, "backup"))
    show.roll_back()
    show.play(seconds=5)
    assert show.record.run.state == "aborted"
    assert last(show, "backup").state == "stopped"
    assert as_before(show.world)
    assert show.record.last("stop-requests") is None, "maintenance was switched on though nothing had begun"


def test_a_refusal_after_the_deploy_asks_and_does_not_decide_by_itself(show: Show) -> None:
    def gate() -> bool:
        return any(one.step == "sign-off-deployed" for one in asked(show, "sign"))

    show.engine.start()
    show.play(until=lambda: gate() or show.record.last("sign-off-deployed") is not None)
    show.play(until=gate, react=False)
    show.actions.sign(
        "sign-off-deployed", 1, holder("dba"), show.world.clock.now(), refused=True, reason="a verify query looks odd"
    )
    time.sleep(0.3)
    assert show.record.run.state == "going"
    assert [one.step for one in asked(show, "answer")] == ["sign-off-deployed"]
    told = [payload(event).ask for event in show.events("wanted") if event.step == "sign-off-deployed"]
    assert told == ["sign", "answer"]
    show.roll_back()
    show.play()
    assert as_before(show.world)


def test_a_run_whose_page_cannot_be_read_keeps_no_other_run_waiting(
    show: Show, caplog: pytest.LogCaptureFixture
) -> None:
    broken = {
        "target": "another target",
        "page": "old.md",
        "text": "# A page of another time\n",
        "ref": "main",
        "note": "",
        "starter": "U1",
        "channel": "",
        "speed": 1.0,
        "notice_minutes": 0,
    }
    lame = show.store.start_run(broken, show.world.clock.now(), event("started"))
    show.engine.start()
    show.play(until=is_asked(show, "sign"), react=False)
    said = [one.getMessage() for one in caplog.records if "cannot be taken up" in one.getMessage()]
    assert len(said) == 1, f"said once, not at every look: {said}"
    assert f"run {lame.id} of another target" in said[0]


def test_half_an_emoji_and_a_nul_in_broken_output_do_not_hang_the_run(show: Show) -> None:
    show.world.on_host("npm run build", CommandResult(code=1, tail="odd \ud83d\x00", size=5, seconds=0.1))
    show.engine.start()
    show.play(seconds=10)
    assert show.record.run.state == "rolled back"
    told = [event.data.output for event in show.events("ended") if event.step == "frontend-build"]
    assert told == ["odd ?\x00"]

"""The way back of whole runs: two lanes that one engine left, one lane that fails, and the clock over a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.shell import CommandResult
from commands.run.engine import Engine
from commands.signoff.waiting import waiting_for
from state.errors import Failed
from state.facts import Choice
from state.records import AttemptState
from tests.pages import payload
from tests.production import OLD, ended
from tests.show import Show, holder, running

PACKAGES, PAGE = "FOLDER.next", "current.next"  # words of the scripts that put them back


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """Option A in its watch, before anybody asks for the rollback."""
    shown = Show(tmp_path)
    shown.engine.start()
    shown.play(until=running(shown, "the watch"))
    yield shown
    shown.close()


def state(show: Show, step: str) -> str:
    """The state of a step's newest attempt; empty before it has begun."""
    row = show.record.last(step)
    return row.state if row else ""


def is_back(show: Show) -> bool:
    """Whether the old version is whole and open to everybody."""
    world = show.world
    return (world.forward, world.running, world.served, world.maintenance) == (False, OLD, OLD, False)


def in_both_lanes(show: Show) -> None:
    """Roll back until packages and page are on their way and hang there."""
    show.world.hang(PACKAGES)
    show.world.hang(PAGE)
    show.roll_back()
    both = [running(show, step) for step in ("revert-install", "revert-frontend")]
    show.play(until=lambda: all(one() for one in both))


def skip_all(show: Show) -> None:
    """The deciding role skips whatever is asked, and somebody agrees where two are needed, until the run is over."""
    while show.store.active_runs():
        for asked in waiting_for(show.page, show.record):
            now = show.world.clock.now()
            if asked.ask == "answer":
                lead = holder(show.page.decision.role)
                show.actions.answer(asked.step, asked.attempt, lead, Choice.SKIP, "it is looked at tomorrow", now)
            elif asked.ask == "second":
                show.actions.agree(asked.step, asked.attempt, holder("dba"), now)
        show.play(until=lambda: not show.store.active_runs() or bool(waiting_for(show.page, show.record)), seconds=20)


def marks(show: Show) -> list[int]:
    """What was told of the rollback's time."""
    return [payload(event).mark for event in show.events("budget")]


def test_two_lanes_that_one_engine_left_are_finished_by_another(show: Show, another: Engine) -> None:
    in_both_lanes(show)
    show.play(until=lambda: sum("/revert-" in key for key in list(show.world.finished)) >= 3)
    show.engine.stop()
    assert [state(show, step) for step in ("revert-install", "revert-frontend")] == ["running"] * 2
    show.world.finish(PACKAGES)
    show.world.finish(PAGE)
    for key in [key for key, whole in show.world.finished.items() if whole is None or whole.code]:
        show.world.finished[key] = show.world.host_does(PAGE if "frontend" in key else "", {"COMMIT": OLD})
    another.start()
    show.play()
    assert show.record.run.state == "rolled back"
    assert is_back(show)
    assert set(show.world.begun.values()) == {1}, f"started more than once: {show.world.begun}"
    assert [row.attempt for row in show.record.attempts if row.step.startswith("revert-")] == [1] * 4


def test_one_lane_fails_and_keeps_its_question_while_the_other_ends(show: Show) -> None:
    show.world.hang(PACKAGES)
    show.world.fail(PAGE)
    show.roll_back()
    show.play(until=lambda: state(show, "revert-frontend") == AttemptState.FAILED)
    show.play(until=running(show, "revert-install"))
    (asked,) = waiting_for(show.page, show.record)
    assert (asked.step, asked.choices) == ("revert-frontend", ("again", "done", "skip"))
    show.world.finish(PACKAGES)
    show.play(until=lambda: state(show, "revert-restart") == AttemptState.DONE)
    assert show.record.run.state == "rolling back", "it is over only when both lanes are settled"
    skip_all(show)
    assert show.record.run.state == "rolled back"
    lost = show.events("moved")[-1].data.not_restored
    assert any("Revert frontend" in one and "(skip: it is looked at tomorrow)" in one for one in lost), lost
    assert not any("restart" in one for one in lost), lost


def test_requests_are_in_while_it_is_looked_whether_the_backend_stays_up(show: Show) -> None:
    # it is as young as if it had begun long after now, so that the look does not end before the test says so
    show.world.on_host("now=%s", lambda _: ended("now=" + show.world.service().replace("1.5", "-100000")))
    show.roll_back()
    show.play(until=lambda: state(show, "verify-page") == state(show, "clean-up-after-rollback") == AttemptState.DONE)
    assert not show.world.maintenance
    show.play(until=running(show, "verify-steady"))
    assert show.record.run.state == "rolling back", "it is said before the look is over"
    show.world.clock.move(seconds=100005)
    show.play()
    assert show.record.run.state == "rolled back"


def test_it_is_not_rolled_back_while_the_backend_restarts_again_and_again(show: Show) -> None:
    def crashed(_: object) -> CommandResult:
        show.world.restarts += 1
        return ended(f"now={show.world.service()}\n")

    show.world.on_host("now=%s", crashed)
    show.roll_back()
    show.play(
        until=lambda: (
            state(show, "verify-steady") == AttemptState.FAILED and state(show, "verify-page") == AttemptState.DONE
        )
    )
    (asked,) = waiting_for(show.page, show.record)
    assert (asked.step, asked.choices) == ("verify-steady", ("again", "done", "skip"))
    row = show.record.last("verify-steady")
    assert row is not None
    assert "it restarted by itself" in row.summary
    assert not show.world.maintenance, "the users wait for what only people can mend"
    assert not show.record.last("notify-rollback"), "it was told as complete"
    skip_all(show)
    assert any("stays up" in one for one in show.events("moved")[-1].data.not_restored)


def test_nobody_is_told_that_the_rollback_is_complete_when_the_database_is_not_back(show: Show) -> None:
    show.world.on_sql("016_ROLLBACK", Failed("cannot drop: locked"))
    show.roll_back()
    skip_all(show)
    (told,) = [event.data for event in show.events("ended") if event.step == "notify-rollback"]
    assert told.summary.startswith("❌ Rolled back, but NOT restored: “STEP 2: Rollback database” (Tech Lead must act)")
    assert "COMPLETE" not in told.summary
    assert "on_call" in told.roles


def test_the_clock_goes_on_over_a_restart_and_tells_each_mark_once(show: Show, another: Engine) -> None:
    in_both_lanes(show)
    show.world.clock.move(minutes=8)
    show.play(until=lambda: bool(marks(show)))
    show.engine.stop()
    show.world.clock.move(minutes=5)
    another.start()
    show.play(until=lambda: len(marks(show)) > 1)
    assert marks(show) == [50, 80], "what was told before the restart is told again, or what came due meanwhile is lost"
    told = show.events("budget")[-1].data
    assert told.roles == (show.page.decision.role,)
    assert any("over its share of" in line for line in told.doing), told.doing

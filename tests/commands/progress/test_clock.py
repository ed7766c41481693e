"""What was before a jump of the clock and what after it, by a real record, and what a step is handed because of it."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.clock import ClockMonitor
from commands.run.context import ContextFactory
from commands.runbook.page import Part
from commands.steps.kinds.traffic import TrafficStep
from state.facts import Actor, Door, Hold, Resume
from state.records import Attempt, AttemptState
from tests.show import Show
from tests.world import World


@pytest.mark.parametrize("by", [60, -60])
def test_a_step_is_handed_its_moments_by_the_clock_as_it_goes_now(tmp_path: Path, by: float) -> None:
    show = Show(tmp_path, World(rate=0))
    (check,) = [step for step in show.page.steps if "<let_in_at>" in str(step.box)]
    (opened,) = [step for step in show.page.steps if step.part == Part.DEPLOY and "let_in_at" in step.box.outputs()]
    now = show.world.clock.now
    show.store.begin_attempt(show.run, opened.id, 1, now())
    values = {"seen_at": now().isoformat()}
    outcome = {"values": values, "timestamps": {"let_in_at": now().isoformat()}}
    let_in = Attempt(step=opened.id, attempt=1, state=AttemptState.DONE, began_at=now(), outcome=outcome)
    show.store.end_attempt(show.run, let_in, now())
    show.store.begin_attempt(show.run, check.id, 1, now())
    watch = ClockMonitor(show.world.clock)
    assert not watch.note(show.store, show.record)
    show.world.clock.jump(minutes=by)
    assert watch.note(show.store, show.record)
    show.world.clock.move(minutes=1)
    ctx = ContextFactory(show.store, show.page, show.run, show.world.tools()).context(check, 1, threading.Event())
    assert isinstance(check.box, TrafficStep)
    assert check.box._window(ctx).total_seconds() == pytest.approx(60, abs=1)
    assert (now() - ctx.began_at).total_seconds() == pytest.approx(60, abs=1)
    assert ctx.values["seen_at"] == values["seen_at"], "what another clock may have said is not touched"
    assert ctx.stamp == f"{let_in.began_at:%Y%m%dT%H%M%SZ}", "a backup is found again by the moment in its name"
    show.close()


@pytest.mark.parametrize("by", [60, -60])
def test_what_ends_or_is_said_around_the_jump_is_known_to_be_before_or_after_it(tmp_path: Path, by: float) -> None:
    show, before, after = (
        Show(tmp_path, World(rate=0)),
        Actor(person="U1", door=Door.SLACK),
        Actor(person="U2", door=Door.SLACK),
    )
    store, run, clock = show.store, show.run, show.world.clock
    watch, first, *names = ClockMonitor(clock), show.page.steps[0].id, *[step.id for step in show.page.steps[1:4]]
    for name in (first, *names):
        store.begin_attempt(run, name, 1, clock.now())
    _end(show, first)
    assert not watch.note(store, show.record)
    _end(show, names[0])
    store.add_fact(run, Hold(by=before, at=clock.now(), number=1))
    clock.jump(minutes=by)
    _end(show, names[1])
    store.add_fact(run, Resume(by=after, at=clock.now(), number=1))
    assert watch.note(store, show.record)
    _end(show, names[2])
    of, really = show.record, [clock.now()] * 4
    assert [row.at for row in of.attempts] == pytest.approx(really, abs=timedelta(seconds=1))
    assert [fact.at for fact in of.facts] == pytest.approx(really[:2], abs=timedelta(seconds=1))
    show.close()


def _end(show: Show, step: str) -> None:
    now = show.world.clock.now()
    show.store.end_attempt(show.run, Attempt(step=step, attempt=1, state=AttemptState.FAILED, began_at=now), now)

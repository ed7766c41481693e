"""What was before a jump of the clock and what after it, by a real record, and what a step is handed because of it."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.clock import JumpWatch, end, moment
from commands.run.context import ContextMaker
from commands.runbook.people import Who
from commands.steps.kinds.traffic import Traffic
from state.records import DONE, FAILED, Step
from tests.show import Show
from tests.world import World


@pytest.mark.parametrize("by", [60, -60])
def test_a_step_is_handed_its_moments_by_the_clock_as_it_goes_now(tmp_path: Path, by: float) -> None:
    show = Show(tmp_path, World(rate=0))
    (check,) = [step for step in show.page.steps if "<let_in_at>" in str(step.box)]
    (opened,) = [step for step in show.page.steps if step.part == "deploy" and "let_in_at" in step.box.gives()]
    now = show.world.clock.now
    show.store.begin_step(show.run, opened.id, 1, now())
    values = {"let_in_at": now().isoformat(), "seen_at": now().isoformat()}
    let_in = Step(step=opened.id, attempt=1, state=DONE, began_at=now(), outcome={"values": values})
    show.store.end_step(show.run, let_in, now())
    show.store.begin_step(show.run, check.id, 1, now())
    watch = JumpWatch(show.world.clock)
    assert not watch.note(show.store, show.record)
    show.world.clock.jump(minutes=by)
    assert watch.note(show.store, show.record)
    show.world.clock.move(minutes=1)
    ctx = ContextMaker(show.store, show.page, show.run, show.world.tools()).context(check, 1, threading.Event())
    assert isinstance(check.box, Traffic)
    assert check.box._age(ctx).total_seconds() == pytest.approx(60, abs=1)
    assert (now() - ctx.counts_from).total_seconds() == pytest.approx(60, abs=1)
    assert ctx.values["seen_at"] == values["seen_at"], "what another clock may have said is not touched"
    assert ctx.began_at == let_in.began_at, "a backup is found again by the moment in its name"
    show.close()


@pytest.mark.parametrize("by", [60, -60])
def test_what_ends_or_is_said_around_the_jump_is_known_to_be_before_or_after_it(tmp_path: Path, by: float) -> None:
    show, before, after = Show(tmp_path, World(rate=0)), Who(person="U1", via="slack"), Who(person="U2", via="slack")
    store, run, clock = show.store, show.run, show.world.clock
    watch, first, *names = JumpWatch(clock), show.page.steps[0].id, *[step.id for step in show.page.steps[1:4]]
    for name in (first, *names):
        store.begin_step(run, name, 1, clock.now())
    _end(show, first)
    assert not watch.note(store, show.record)
    _end(show, names[0])
    store.add_fact(run, before.fact("hold", "hold:1", clock.now()))
    clock.jump(minutes=by)
    _end(show, names[1])
    store.add_fact(run, after.fact("resume", "resume:1", clock.now()))
    assert watch.note(store, show.record)
    _end(show, names[2])
    of, really = show.record, [clock.now()] * 4
    assert [end(of, row) for row in of.steps] == pytest.approx(really, abs=timedelta(seconds=1))
    assert [moment(of, fact) for fact in of.facts[:2]] == pytest.approx(really[:2], abs=timedelta(seconds=1))
    show.close()


def _end(show: Show, step: str) -> None:
    now = show.world.clock.now()
    show.store.end_step(show.run, Step(step=step, attempt=1, state=FAILED, began_at=now), now)

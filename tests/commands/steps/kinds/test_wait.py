"""`wait`: waits for a fixed time, and says why."""

from __future__ import annotations

from commands.steps.base import execute
from tests.commands.steps.builders import box, context, plan
from tests.world import World


def test_the_reason_is_in_the_plan_and_in_the_result() -> None:
    step = box("wait", 'lasts = "1 s"\nwhy = "caches fill"')
    assert plan(step) == "waits 1 s: caches fill"
    assert execute(step, context(World())).summary == "Waited 1 s: caches fill"


def test_a_person_can_stop_the_wait() -> None:
    ctx = context(World(rate=0))
    ctx.stop.set()
    assert execute(box("wait", 'lasts = "24 h"\nwhy = "soak"'), ctx).state == "stopped"


def test_a_wait_that_began_before_a_crash_is_not_longer() -> None:
    world = World(rate=0)
    ctx = context(world)
    world.clock.move(hours=24)
    assert box("wait", 'lasts = "24 h"\nwhy = "soak"').recover(ctx).state == "done"

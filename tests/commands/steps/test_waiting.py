"""What a step waits for is time that really passes: a clock that is set meanwhile neither cuts it short nor draws it out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest

from commands.steps.base import execute
from commands.steps.execution import pause
from commands.steps.outcome import Context
from tests.clock import Clock
from tests.commands.steps.access_log import BOX as TRAFFIC
from tests.commands.steps.kinds.test_service import BOX, restarted, state
from tests.commands.steps.making import box, context
from tests.production import NEW, answer
from tests.world import World

JUMPS = [timedelta(hours=-1), timedelta(hours=4)]


class Setting(Event):
    """Lets the time pass at once that is waited for; in the first wait somebody sets the clock. It stops what never ends."""

    def __init__(self, clock: Clock, by: timedelta) -> None:
        super().__init__()
        self.clock, self.by, self.waits = clock, by, 0

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.jumped, self.waits = self.by, self.waits + 1
        self.clock.move(seconds=max(timeout or 0, 0.001))
        return self.waits > 2000


def waiting(by: timedelta) -> tuple[World, Context]:
    """A world whose time stands still but for what is waited, and a context in it."""
    world = World(rate=0)
    world.running = NEW
    return world, replace(context(world, {"countdown": "1"}), stop=Setting(world.clock, by))


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("kind", ["wait", "notify"])
def test_a_soak_and_an_announced_minute_last_as_long_as_they_should(kind: str, by: timedelta) -> None:
    world, ctx = waiting(by)
    toml = {"wait": 'lasts = "1 min"\nwhy = "soak"', "notify": 'text = "Go"\ncountdown = true'}[kind]
    assert execute(box(kind, toml), ctx).state == "done"
    assert world.clock.monotonic() == pytest.approx(60, abs=0.2)


@pytest.mark.parametrize("by", JUMPS)
def test_a_pause_lasts_as_long_as_it_should(by: timedelta) -> None:
    world, ctx = waiting(by)
    pause(ctx, 1)
    assert world.clock.monotonic() == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("by", JUMPS)
def test_a_service_has_as_long_to_answer_as_it_should(by: timedelta) -> None:
    world, ctx = waiting(by)
    world.running = "3" * 40
    assert box("steady", BOX).answered(ctx, 3.0) == "3" * 40
    assert world.clock.monotonic() == pytest.approx(3, abs=0.2)


def test_what_began_before_the_clock_jumped_waits_for_the_rest_only() -> None:
    world = World(rate=0)
    ctx = context(world)
    world.clock.move(seconds=59)
    world.clock.jump(hours=-1)
    ctx = replace(ctx, began_at=ctx.began_at - timedelta(hours=1), stop=Setting(world.clock, timedelta(hours=-1)))
    assert execute(box("wait", 'lasts = "1 min"\nwhy = "soak"'), ctx).state == "done"
    assert world.clock.monotonic() == pytest.approx(60, abs=0.2)


@pytest.mark.parametrize("by", JUMPS)
def test_the_moment_of_a_restart_is_by_the_clock_as_it_goes_when_the_step_ends(by: timedelta) -> None:
    world, ctx = waiting(by)
    world.on_host("pm2 restart", restarted(state(pid=100, restarts=3), state()))
    asked = iter([answer(503)])
    world.on_web("health", lambda _: next(asked, answer(200, {"commit": NEW})))
    found = execute(box("service", BOX + '\nsteady_in = "steady"'), ctx)
    assert found.state == "done", found.summary
    up = world.clock.now() - datetime.fromisoformat(found.timestamps["restarted_at"])
    assert up.total_seconds() == pytest.approx(1.1, abs=0.2)


@pytest.mark.parametrize("by", JUMPS)
def test_where_the_restart_is_not_known_traffic_counts_from_its_first_look_by_the_clock_as_it_goes_now(
    by: timedelta,
) -> None:
    world = World(rate=0)
    ctx = context(world)
    ctx = replace(ctx, began_at=ctx.began_at + by)
    world.clock.jumped = by
    world.clock.move(seconds=60)
    assert box("traffic", TRAFFIC)._age(ctx).total_seconds() == pytest.approx(60, abs=0.2)

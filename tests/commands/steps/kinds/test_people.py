"""The kinds about people and time: `gate`, `notify`, `wait`, `window`, and `maintenance`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from commands.steps.base import execute
from tests.commands.steps.making import box, context, plan
from tests.local_shell import LocalShell
from tests.production import answer, rows
from tests.world import World

WINDOW = 'days = ["mon", "tue", "wed", "thu"]\nhours = ["22:00-06:00"]\npeak = ["05:00-12:00"]'
MAINTENANCE = """
host = "h"
state = "on"
command = 'touch "$flag"'
env = { flag = "$FLAG" }
web = "app"
"""


def at(day: int, utc_hour: int) -> World:
    """A world in November 2026; the 23rd is a Monday, and Bangkok is seven hours ahead."""
    world = World(rate=0)
    world.clock.start = datetime(2026, 11, day, utc_hour, tzinfo=UTC)
    return world


def test_a_gate_asks_its_roles() -> None:
    step = box("gate", 'item = [{ text = "Ready?", role = "dba" }]\nsign = ["lead"]')
    assert plan(step) == "asks dba: Ready?"
    assert step.roles() == {"dba", "lead"}
    assert execute(step, context(World())).state == "done"


def test_the_announced_minutes_are_said_and_pass() -> None:
    world = World(rate=6000)
    text = 'text = "Deploying <ref> in <countdown> minutes"\nroles_to_tell = ["on_call"]'
    ctx = context(world, {"countdown": "10"})
    assert execute(box("notify", text), ctx).summary == "Deploying main in 10 minutes"
    assert execute(box("notify", text + "\ncountdown = true"), ctx).state == "done"
    assert (world.clock.now() - ctx.began_at).total_seconds() >= 600


def test_where_something_was_not_restored_that_is_said_instead_of_the_pages_words() -> None:
    missing = {
        "“Database” (DBA must act)": "“Database” failed: locked",
        "“Page” (Lead must act)": "“Page” failed: gone",
    }
    found = execute(box("notify", 'text = "ROLLBACK COMPLETE"'), replace(context(World()), missing=missing))
    assert found.summary == "❌ Rolled back, but NOT: “Database” (DBA must act), “Page” (Lead must act)."
    assert found.lines[-1] == "Not said, because it is not so: ROLLBACK COMPLETE"
    assert "“Database” failed: locked" in found.lines


def test_a_countdown_that_began_before_a_crash_is_not_longer() -> None:
    world = World(rate=0)
    ctx = context(world, {"countdown": "10"})
    world.clock.move(minutes=10)
    assert box("notify", 'text = "Go"\ncountdown = true').recover(ctx).state == "done"


@pytest.mark.parametrize("toml", ['text = "Go"\ncountdown = true', 'lasts = "24 h"\nwhy = "soak"'])
def test_waiting_can_be_stopped(toml: str) -> None:
    ctx = context(World(rate=0), {"countdown": "10"})
    ctx.stop.set()
    assert execute(box("notify" if "text" in toml else "wait", toml), ctx).state == "stopped"


def test_a_wait_says_why() -> None:
    step = box("wait", 'lasts = "1 s"\nwhy = "caches fill"')
    assert plan(step) == "waits 1 s: caches fill"
    assert execute(step, context(World())).summary == "1 s have passed: caches fill"


@pytest.mark.parametrize(
    ("day", "utc_hour", "is_open"),
    [
        (23, 15, True),  # Monday 22:00
        (23, 14, False),  # Monday 21:00
        (22, 19, False),  # Monday 02:00 is Sunday's night
        (26, 19, True),  # Friday 02:00 is Thursday's night
        (27, 16, False),  # Friday 23:00
        (25, 22, False),  # Thursday 05:00 is a peak hour
    ],
)
def test_a_night_belongs_to_the_day_it_began_on(day: int, utc_hour: int, is_open: bool) -> None:
    found = execute(box("window", WINDOW), context(at(day, utc_hour)))
    assert (found.state == "done") == is_open, found.summary


def test_a_closed_window_says_when_it_opens() -> None:
    found = execute(box("window", WINDOW), context(at(27, 16)))
    assert found.summary == (
        "It is Friday 23:00 in Asia/Bangkok, outside the low-traffic window; it opens on Monday at 22:00."
    )


def test_a_window_looks_at_the_traffic_too() -> None:
    step = box("window", WINDOW + '\ndatabase = "db"\nsql = "TABLE traffic"\nat_most = 20')
    world = at(23, 15)
    assert "the traffic now is 42" in execute(step, context(world)).summary.lower()
    world.on_sql("", rows(20))
    assert execute(step, context(world)).state == "done"


@pytest.mark.parametrize("hours", ["22-06", "25:00-06:00", "22:00-22:00", "22:00–06:00"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(ValidationError, match="is not a range of hours"):
        box("window", WINDOW.replace("22:00-06:00", hours))


def test_going_on_outside_the_window_needs_two() -> None:
    assert box("window", WINDOW).skip_needs_two


def test_maintenance_is_believed_when_the_door_says_so() -> None:
    world = World()
    step = box("maintenance", MAINTENANCE)
    assert plan(step) == 'on h: touch "$flag"\nwith flag=$FLAG\nGET app/, expects status 503'
    found = execute(step, context(world))
    assert (found.state, found.summary) == ("done", "Maintenance is on: app/ answers 503.")


def test_the_end_of_maintenance_leaves_the_moment_from_which_requests_were_let_in() -> None:
    world, step = World(), box("maintenance", MAINTENANCE.replace('"on"', '"off"').replace("touch", "rm -f"))
    began = world.clock.now()
    assert step.outputs() == ("let_in_at",)
    found = execute(step, context(world))
    assert began < datetime.fromisoformat(found.timestamps["let_in_at"]) < world.clock.now()
    assert box("maintenance", MAINTENANCE).outputs() == ()


def test_a_maintenance_that_does_not_show_fails() -> None:
    world = World()
    world.on_web("app", answer(200))
    found = execute(box("maintenance", MAINTENANCE), context(world))
    assert (found.state, found.summary) == ("failed", "Maintenance should be on, but app/ answers 200.")


def test_after_a_cut_maintenance_is_switched_once() -> None:
    world, step = World(), box("maintenance", MAINTENANCE)
    ctx = context(world)
    assert (step.recover(ctx).state, step.recover(ctx).state) == ("done", "done")
    assert world.begun == {ctx.key: 1}


def test_after_a_cut_without_an_exit_code_the_door_tells_whether_maintenance_is_on() -> None:
    world, step, host = World(), box("maintenance", MAINTENANCE), LocalShell({})
    ctx = context(world, shell=host)
    host.dead.add(ctx.key)
    assert step.recover(ctx).state == "unknown"
    world.maintenance = True
    assert step.recover(ctx).state == "done"
    assert not host.ended, "looking ran the command"


def test_after_a_cut_without_an_exit_code_and_an_address_maintenance_is_unknown() -> None:
    host = LocalShell({})
    ctx = context(World(), shell=host)
    host.dead.add(ctx.key)
    assert box("maintenance", MAINTENANCE.replace('web = "app"', "")).recover(ctx).state == "unknown"

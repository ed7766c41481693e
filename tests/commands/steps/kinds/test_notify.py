"""`notify`: posts the page's words, perhaps after a countdown, and never a false success."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.steps.base import execute
from tests.commands.steps.builders import box, context, plan
from tests.world import World

SOON = 'text = "Deploying <ref> in <countdown> minutes"\nroles_to_tell = ["on_call"]'


def test_the_countdown_passes_before_the_step_ends() -> None:
    world = World(rate=6000)
    ctx = context(world, {"countdown": "10"})
    assert execute(box("notify", SOON), ctx).summary == "Deploying main in 10 minutes"
    outcome = execute(box("notify", SOON + "\ncountdown = true"), ctx)
    assert (outcome.state, outcome.lines) == ("done", ("The countdown of 10 min is over.",))
    assert (world.clock.now() - ctx.began_at).total_seconds() >= 600


@pytest.mark.parametrize(
    ("countdown", "text"),
    [("0", "Deploying main now"), ("1", "Deploying main in 1 minute"), ("2", "Deploying main in 2 minutes")],
)
def test_the_minutes_are_written_as_people_say_them(countdown: str, text: str) -> None:
    assert execute(box("notify", SOON), context(World(), {"countdown": countdown})).summary == text


def test_a_countdown_that_began_before_a_crash_is_not_longer() -> None:
    world = World(rate=0)
    ctx = context(world, {"countdown": "10"})
    world.clock.move(minutes=10)
    assert box("notify", SOON + "\ncountdown = true").recover(ctx).state == "done"


def test_a_person_can_stop_the_countdown() -> None:
    ctx = context(World(rate=0), {"countdown": "10"})
    ctx.stop.set()
    assert execute(box("notify", SOON + "\ncountdown = true"), ctx).state == "stopped"


def test_if_something_was_not_restored_the_message_says_that_instead() -> None:
    not_restored = {
        "“Database” (DBA must act)": "“Database” failed: locked",
        "“Page” (Lead must act)": "“Page” failed: gone",
    }
    ctx = replace(context(World()), not_restored=not_restored)
    outcome = execute(box("notify", 'text = "ROLLBACK COMPLETE"'), ctx)
    assert outcome.summary == "❌ Rolled back, but NOT restored: “Database” (DBA must act), “Page” (Lead must act)."
    assert outcome.lines[-1] == "Not posted, because it is not true: ROLLBACK COMPLETE"
    assert "“Database” failed: locked" in outcome.lines


def test_what_nothing_takes_back_is_in_the_message_that_the_rollback_is_complete() -> None:
    ctx = replace(context(World()), not_undone=("Not rolled back: “Migrate”: so",))
    outcome = execute(box("notify", 'text = "ROLLBACK COMPLETE"'), ctx)
    assert outcome.summary == "ROLLBACK COMPLETE"
    assert outcome.lines == ("⚠️ Not rolled back: “Migrate”: so",)


def test_the_roles_are_in_the_plan_and_mentioned_with_the_result() -> None:
    step = box("notify", SOON + "\ncountdown = true")
    assert plan(step).splitlines() == [
        "waits <countdown> minutes",
        "posts to the channel and mentions on_call: Deploying <ref> in <countdown> minutes",
    ]
    assert step.notified_roles() == ("on_call",)


def test_a_commit_that_keep_deploys_is_announced_by_its_ref_and_its_first_digits() -> None:
    ctx = context(World(), {"countdown": "0", "ref": "4f" * 20})
    ctx = replace(ctx, run=replace(ctx.run, ref="4f" * 20, ref_name="main"))
    assert execute(box("notify", SOON), ctx).summary == "Deploying main (4f4f4f4f4f) now"

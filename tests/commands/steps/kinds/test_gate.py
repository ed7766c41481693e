"""`gate`: asks each role to sign its items."""

from __future__ import annotations

from commands.steps.base import execute
from tests.commands.steps.builders import box, context, plan
from tests.world import World

GATE = 'item = [{ text = "Ready?", role = "dba" }]\nsign = ["lead"]'


def test_every_role_of_an_item_and_of_sign_must_sign() -> None:
    step = box("gate", GATE)
    assert step.roles() == {"dba", "lead"}
    assert [(item.role, item.text) for item in step.checklist()] == [("dba", "Ready?")]


def test_the_items_are_in_the_plan_and_in_the_result() -> None:
    step = box("gate", GATE)
    assert plan(step) == "asks dba: Ready?"
    outcome = execute(step, context(World()))
    assert (outcome.state, outcome.lines) == ("done", ("dba: Ready?",))

"""`Outcome` stores only what is set, and `Context` knows the key of its step."""

from __future__ import annotations

from commands.steps.outcome import done, failed, stopped, unknown
from tests.commands.steps.builders import context
from tests.world import World


def test_each_constructor_sets_its_state() -> None:
    states = [outcome("It ended.").state for outcome in (done, failed, unknown, stopped)]
    assert states == ["done", "failed", "unknown", "stopped"]


def test_the_stored_data_has_no_empty_fields_and_neither_state_nor_summary() -> None:
    outcome = failed("It failed.", lines=("a",), measures={"failed": 1.0}, inconclusive=True)
    assert outcome.as_data() == {"lines": ("a",), "measures": {"failed": 1.0}, "inconclusive": True}
    assert done("It worked.").as_data() == {}


def test_all_attempts_of_a_step_have_the_same_step_key() -> None:
    first, second = context(World()), context(World(), attempt=2)
    assert first.key != second.key
    assert first.step_key == second.step_key == "run-1/step"

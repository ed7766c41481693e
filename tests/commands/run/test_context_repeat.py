"""What one check runs again: the smoke tests, or a single check of the watch."""

from __future__ import annotations

from threading import Event

import pytest

from commands.run.context import ContextFactory
from commands.run.recovery import CANNOT_TELL
from commands.steps.outcome import Context, Outcome, done
from state.errors import LostTrack
from tests.commands.run.context_case import PAGE, ContextCase
from tests.pages import small
from tests.production import answer


def contexts_of(monkeypatch: pytest.MonkeyPatch, method: str) -> list[Context]:
    """The contexts that web requests are handed from now on; each of them succeeds and does nothing."""
    seen: list[Context] = []

    def succeed(_: object, ctx: Context) -> Outcome:
        seen.append(ctx)
        return done("", values={"job": "5"})

    monkeypatch.setattr(type(PAGE.step("health").box), method, succeed)
    return seen


def test_a_measured_check_gets_its_own_context(context_case: ContextCase, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = contexts_of(monkeypatch, "run")
    ctx = context_case.context("ready", 3)
    ctx.run_check("response-time")
    ctx.run_check("response-time")
    key = f"{context_case.run.key}/ready/3/response-time"
    # with one key for both, the command of a second sample would not run
    assert [(ctx.title, ctx.key) for ctx in seen] == [("Response time", f"{key}/1"), ("Response time", f"{key}/2")]


@pytest.mark.parametrize(("method", "interrupted"), [("run", False), ("recover", True)])
def test_each_repeated_step_gets_its_own_context(
    context_case: ContextCase, monkeypatch: pytest.MonkeyPatch, method: str, interrupted: bool
) -> None:
    seen = contexts_of(monkeypatch, method)
    context_case.rerun_part(interrupted=interrupted)
    key = f"{context_case.run.key}/response-time/1"
    assert [(ctx.title, ctx.key, ctx.values.get("job")) for ctx in seen] == [
        ("Health", f"{key}/health", None),
        ("Use it", f"{key}/use-it", "5"),
        ("Clean up", f"{key}/clean-up", "5"),
    ]


def test_a_value_that_does_not_fit_reaches_no_later_step_of_a_repetition(context_case: ContextCase) -> None:
    context_case.world.on_web("GET api /health", answer(data={"id": "../../admin"}))
    results = context_case.rerun_part()
    assert results["Health"][0] == "failed"
    assert "<job> (field `id` of the answer of /health on api) must be a word" in results["Health"][1]
    assert results["Clean up"] == (
        "failed",
        (
            "<job> has no value, because the step that provides it did not succeed. "
            "What this step cleans up may still be there."
        ),
    )
    assert [path for _, _, path in context_case.world.calls] == ["/health"]


def test_a_repetition_runs_the_part_with_new_values_and_asks_nobody(context_case: ContextCase) -> None:
    context_case.done("health", job="6")
    assert [state for state, _ in context_case.rerun_part().values()] == ["done"] * 3
    assert list(context_case.rerun_part()) == ["Health", "Use it", "Clean up"]
    assert [path for _, _, path in context_case.world.calls[:3]] == ["/health", "/jobs/7", "/jobs/7"]


def test_the_jobs_of_a_repetition_are_keyed_by_its_own_attempt_and_step(context_case: ContextCase) -> None:
    page = small(**{'http\nweb = "api"\npath = "/health"': 'run\nhost = "backend"\ncommands = ["probe"]'})
    ctx = ContextFactory(context_case.store, page, 1, context_case.world.tools()).context(
        page.step("response-time"), 4, Event()
    )
    assert [title for title, _ in ctx.rerun_part("smoke tests", False)] == ["Health"]
    assert list(context_case.world.begun) == [f"{context_case.run.key}/response-time/4/health"]


def test_after_a_failure_a_repetition_only_cleans_up(context_case: ContextCase) -> None:
    context_case.world.on_web("GET api /jobs", answer(500))
    assert {title: state for title, (state, _) in context_case.rerun_part().items()} == {
        "Health": "done",
        "Use it": "failed",
        "Clean up": "done",
    }
    context_case.world.on_web("GET api /health", answer(500))
    assert list(context_case.rerun_part()) == ["Health", "Clean up"]


def test_a_repetition_never_uses_a_value_of_the_first_time(context_case: ContextCase) -> None:
    context_case.done("health", job="6")
    context_case.world.on_web("GET api /health", answer(500))
    state, summary = context_case.rerun_part()["Clean up"]
    assert state == "failed"
    assert summary == (
        "<job> has no value, because the step that provides it did not succeed. "
        "What this step cleans up may still be there."
    )
    assert [method for method, _, _ in context_case.world.calls if method == "DELETE"] == []


def test_a_lost_connection_in_a_repetition_is_resolved(context_case: ContextCase) -> None:
    context_case.world.on_web("DELETE api /jobs", LostTrack("no answer"))
    assert context_case.rerun_part()["Clean up"][0] == "unknown", "a DELETE whose answer was lost is not a failure"


def test_an_interrupted_repetition_recovers_its_steps_instead_of_running_them(
    context_case: ContextCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(PAGE.step("health").box), "recover", lambda *_: done("recovered", values={"job": "5"}))
    assert context_case.rerun_part(interrupted=True) == dict.fromkeys(
        ("Health", "Use it", "Clean up"), ("done", "recovered")
    )
    assert context_case.world.calls == []


def test_a_step_that_recovery_cannot_tell_about_is_unknown_in_an_interrupted_repetition(
    context_case: ContextCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(PAGE.step("health").box), "recover", lambda *_: None)
    assert context_case.rerun_part(interrupted=True)["Health"] == ("unknown", CANNOT_TELL)

"""The events of a run: an attempt begins or ends, and the run moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.run.events import run_moved, step_began, step_ended
from commands.runbook import Page
from commands.steps.outcome import done, failed
from commands.watch.verdicts import check_verdicts
from state.records import Attempt, AttemptState, RunState
from tests.pages import NOON, SIGNED, attempt_at, fact, payload, record, small, stored

PAGE = small()
GATE, DEPLOY, HEALTH, CHECK = (PAGE.step(step) for step in ("ready", "put-the-code-there", "health", "response-time"))
BACK = PAGE.step("put-the-old-code-back")
CRITERIA = '## Success criteria\n\n```toml criteria\ngo = [{ text = "It answers", shown_by = ["health"] }]\n```\n'
LOG = stored(**{'http\nweb = "api"\npath = "/jobs"': 'logs\nhost = "backend"\nfile = "/e"\nsince = "0"'})


def test_the_start_of_a_step_shows_its_plan() -> None:
    (event,) = step_began(PAGE, DEPLOY, 2)
    began = payload(event)
    assert (event.step, event.data.stored_kind) == ("put-the-code-there", "began")
    assert (began.title, began.part, began.attempt) == ("Put the code there", "deploy", 2)
    assert began.plan == tuple(DEPLOY.box.plan())


def test_the_start_of_a_gate_or_of_a_sample_is_not_reported() -> None:
    assert step_began(PAGE, GATE, 1) == step_began(PAGE, CHECK, 1) == []


def test_the_panel_appears_with_the_first_smoke_test_or_check_if_the_page_has_criteria() -> None:
    page = small(**{"## Decision": f"{CRITERIA}\n## Decision"})
    events = {step.id: step_began(page, step, 1) for step in (DEPLOY, HEALTH, CHECK, BACK)}
    kinds = {step: [event.data.stored_kind for event in found] for step, found in events.items()}
    assert list(kinds.values()) == [["began"], ["panel", "began"], ["panel"], ["began"]]
    assert events["response-time"][0].once == events["health"][0].once == "panel", "the panel appears twice"


def test_the_result_of_a_step_holds_what_the_outcome_holds() -> None:
    now = record(attempt_at("put-the-code-there", AttemptState.RUNNING, 2), facts=SIGNED)
    ended = replace(attempt_at("put-the-code-there", AttemptState.DONE, 2), summary="it is there")
    (event,) = step_ended(PAGE, now, DEPLOY, ended, done("it is there", lines=("a", "b"), output="a\nb\nc"), 1.5)
    result = payload(event)
    assert (event.step, event.data.stored_kind) == ("put-the-code-there", "ended")
    assert (result.title, result.part, result.attempt) == ("Put the code there", "deploy", 2)
    assert (result.state, result.summary, result.seconds) == ("done", "it is there", 1.5)
    assert (result.lines, result.output, result.roles) == (("a", "b"), "a\nb\nc", ())


def test_the_result_of_a_step_names_the_roles_that_are_called_when_it_ends() -> None:
    notify = '```\n\n### Tell\n\n```toml notify\ntext = "Deploying"\nroles_to_tell = ["dba"]'
    page = small(**{'commands = ["deploy"]\ntakes = "10 min"': f'commands = ["deploy"]\ntakes = "10 min"\n{notify}'})
    ended = attempt_at("tell", AttemptState.DONE)
    (event,) = step_ended(page, record(ended), page.step("tell"), ended, done(""), 1.0)
    assert payload(event).roles == ("dba",)


def test_a_good_sample_is_a_passed_check_and_every_other_result_an_ended_step() -> None:
    def kind(page: Page, step: str, state: AttemptState) -> str:
        ended = attempt_at(step, state, seconds=0.1)
        events = step_ended(page, record(attempt_at(step, AttemptState.RUNNING)), page.step(step), ended, done(""), 0.1)
        return events[0].data.stored_kind

    assert kind(PAGE, "response-time", AttemptState.DONE) == "checked"
    assert kind(PAGE, "response-time", AttemptState.FAILED) == "ended"
    assert kind(PAGE, "health", AttemptState.DONE) == "ended"


def test_a_gate_asks_its_roles_once() -> None:
    running = record(attempt_at("ready", AttemptState.RUNNING))
    (event,) = step_ended(PAGE, running, GATE, attempt_at("ready", AttemptState.DONE), done(""), 0.0)
    assert (event.data.stored_kind, event.once) == ("wanted", "wanted:sign:ready:1")
    assert payload(event).roles == ("dba", "lead")


def test_a_failure_asks_the_deciding_role() -> None:
    now = record(
        attempt_at("ready", AttemptState.DONE), attempt_at("put-the-code-there", AttemptState.RUNNING), facts=SIGNED
    )
    failure = attempt_at("put-the-code-there", AttemptState.FAILED)
    ended, asked = step_ended(PAGE, now, DEPLOY, failure, failed("no"), 1.5)
    assert (payload(ended).state, payload(ended).seconds) == (AttemptState.FAILED, 1.5)
    assert (payload(asked).ask, payload(asked).roles) == ("answer", ("lead",))


def test_only_the_attempt_that_ended_counts_as_ended() -> None:
    other = attempt_at("put-the-code-there", AttemptState.FAILED, 1)
    now = record(
        attempt_at("ready", AttemptState.DONE),
        other,
        attempt_at("put-the-code-there", AttemptState.RUNNING, 2),
        facts=SIGNED,
    )
    events = step_ended(PAGE, now, DEPLOY, attempt_at("put-the-code-there", AttemptState.DONE, 2), done(""), 1.0)
    assert [event.data.stored_kind for event in events] == ["ended"], "the first attempt was taken for the newest"


def test_a_step_that_is_stopped_for_a_rollback_asks_nobody() -> None:
    now = record(
        attempt_at("ready", AttemptState.DONE),
        attempt_at("put-the-code-there", AttemptState.RUNNING),
        facts=(*SIGNED, fact("rollback")),
    )
    stopped = attempt_at("put-the-code-there", AttemptState.STOPPED)
    events = step_ended(PAGE, now, DEPLOY, stopped, failed("stopped"), 1.0)
    assert [event.data.stored_kind for event in events] == ["ended"]


def test_a_sample_over_the_limit_warns_the_deciding_role_if_the_alert_pings_nobody() -> None:
    slow = attempt_at("response-time", AttemptState.DONE, seconds=6.0)
    running = record(attempt_at("response-time", AttemptState.RUNNING))
    events = step_ended(PAGE, running, CHECK, slow, done("slow"), 6.0)
    assert [(event.data.stored_kind, getattr(event.data, "roles", ())) for event in events] == [
        ("checked", ()),
        ("warning", ("lead",)),
    ]


def test_a_move_of_the_run_says_how_long_it_took() -> None:
    moved = payload(run_moved(PAGE, record(), RunState.KEPT, NOON + timedelta(minutes=65)))
    assert (moved.state, moved.clock, moved.since_rollback, moved.reason) == ("kept", "1 h 5 min", "", "")
    assert moved.not_restored == ()


@pytest.mark.parametrize(
    ("state", "not_restored"),
    [(RunState.ROLLING_BACK, ()), (RunState.ROLLED_BACK, ("“Put the old code back” did not begin",))],
)
def test_a_move_into_or_out_of_a_rollback_says_why_and_at_its_end_what_is_not_restored(
    state: RunState, not_restored: tuple[str, ...]
) -> None:
    request = fact("rollback", reason="it burns", after=10)
    rolling_back = record(attempt_at("put-the-code-there", AttemptState.DONE), facts=(request,), state="rolling back")
    moved = payload(run_moved(PAGE, rolling_back, state, NOON + timedelta(minutes=15)))
    assert (moved.state, moved.clock, moved.since_rollback) == (state, "15 min", "5 min")
    assert (moved.reason, moved.not_restored) == ("it burns", not_restored)


def sample(number: int, state: AttemptState = AttemptState.DONE, **measures: float) -> Attempt:
    return attempt_at("response-time", state, number, after=15 * number, **measures)


def other_events(*samples: Attempt, page: Page = PAGE) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """Kind, key and roles of the events besides the result, when the last of the samples ends."""
    events = step_ended(page, record(*samples), page.step(samples[-1].step), samples[-1], done(""), 0.1)
    return [
        (event.data.stored_kind, event.once, getattr(event.data, "roles", ()))
        for event in events
        if event.data.stored_kind not in {"checked", "ended"}
    ]


def test_a_failing_check_without_an_alert_calls_people_once() -> None:
    first, second = (sample(number, AttemptState.FAILED, seconds=0.05) for number in (1, 2))
    assert other_events(first) == [("bad", "bad:response-time:1:0", ("lead",))]
    assert other_events(first, second) == other_events(first), "people are called again for the same failure"
    unknown = sample(3, AttemptState.UNKNOWN)
    assert other_events(first, second, unknown) == []
    assert other_events(first, unknown, sample(4, AttemptState.FAILED, seconds=0.05)) == other_events(first)
    assert other_events(first, sample(2, seconds=0.05)) == [("recovered", None, ())]
    assert other_events(sample(1, seconds=0.05), sample(2, seconds=0.05)) == []
    asks = small(**{'every = "15 min"': 'every = "15 min"\nasks = "dba"'})
    assert other_events(first, page=asks)[0][2] == ("dba",)


def test_a_failing_check_with_an_alert_or_a_rollback_calls_nobody_by_itself() -> None:
    slow = sample(1, AttemptState.FAILED, seconds=9.0)
    assert [kind for kind, _, _ in other_events(slow)] == ["warning"]
    assert other_events(slow, sample(2, seconds=0.05)) == []
    fast_failure = sample(2, AttemptState.FAILED, seconds=0.05)
    assert [kind for kind, _, _ in other_events(slow, fast_failure)] == ["bad"]
    rolls_back = small(**{'on_failure = "tell"': 'on_failure = "roll back"'})
    assert other_events(sample(1, AttemptState.FAILED, seconds=0.05), page=rolls_back) == []


def test_a_log_calls_people_for_new_lines_once_an_hour_and_never_for_old_ones() -> None:
    one, same, two = (sample(number, AttemptState.FAILED, lines=lines) for number, lines in ((1, 1), (2, 1), (3, 2)))
    assert [kind for kind, _, _ in other_events(one, page=LOG)] == ["bad"]
    assert [kind for kind, _, _ in other_events(one, same, page=LOG)] == ["recovered"]
    assert other_events(one, same, two, page=LOG) == other_events(one, page=LOG), "people were called in this hour"
    next_hour = sample(5, AttemptState.FAILED, lines=3)
    assert other_events(one, same, two, same, next_hour, page=LOG) == [("bad", "bad:response-time:1:1", ("lead",))]
    assert [check_verdicts(LOG, record(*seen))[0].verdict for seen in ((one,), (one, same), (one, same, two))] == [
        "bad",
        "warning",
        "bad",
    ]

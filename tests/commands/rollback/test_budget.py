"""The rollback's time budget: each step's share, and the warnings at 50, 80 and 100 %."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.progress.usual_time import UsualTime
from commands.rollback.budget import StepPace, due, due_budget_events, running_steps, shares
from commands.runbook import read_page
from commands.runbook.page import Part
from state.events import RollbackBudget
from state.records import AttemptState, NewEvent, Record
from tests.commands.rollback.samples import OLD, lane
from tests.pages import NOON, payload, record, row, said, spoil

SECOND = """commands = ["undeploy"]
```

### Restart it

```toml run
host = "backend"
commands = ["restart"]
takes = "1 min"
```
"""
PAGE = read_page(spoil(('commands = ["undeploy"]\n```\n', SECOND)), "small.md")
UNDO, RESTART = "put-the-old-code-back", "restart-it"
DEPLOYED = row("put-the-code-there", AttemptState.DONE)
BACK = record(DEPLOYED, row(UNDO, AttemptState.RUNNING, after=1), facts=(said("rollback"),), state="rolling back")
OPTION_A = read_pages(shipped_runbooks())["option-a.md"]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def sent(minutes: float, of: Record = BACK) -> list[NewEvent]:
    """The budget events that are due so many minutes after the request."""
    return due_budget_events(PAGE, of, {}, at(minutes))


def budget_shares(of: Record, usual: dict[str, UsualTime]) -> dict[str, timedelta]:
    return shares(PAGE, of, PAGE.part(Part.ROLLBACK), usual)


# -- marks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(7.4, []), (7.5, [50]), (11.9, [50]), (12, [80]), (14.9, [80]), (15, [100]), (60, [100])],
)
def test_the_highest_mark_that_has_passed_is_reported(minutes: float, expected: list[int]) -> None:
    assert [payload(event).mark for event in sent(minutes)] == expected


def test_the_event_says_what_runs_and_what_is_left_and_is_posted_once() -> None:
    (event,) = due_budget_events(PAGE, BACK, {}, at(8) + timedelta(seconds=0.6))
    assert event == NewEvent(
        data=RollbackBudget(
            mark=50,
            within="15 min",
            ran="8 min 1 s",
            doing=("Put the old code back: running for 7 min 1 s, 3 min 16 s over its share of 3 min 45 s",),
            left=("Put the old code back", "Restart it"),
        ),
        once="budget:50",
    )


def test_time_counts_from_the_request_not_from_the_first_step() -> None:
    later = record(*BACK.attempts, facts=(said("rollback", after=10),), state="rolling back")
    assert sent(17.4, later) == []
    assert [payload(event).ran for event in sent(17.5, later)] == ["7 min 30 s"]


def test_the_next_mark_is_due_after_now() -> None:
    assert due(PAGE, BACK, at(0)) == at(7.5)
    assert due(PAGE, BACK, at(7.5)) == at(12)
    assert due(PAGE, BACK, at(12)) == at(15)
    assert due(PAGE, BACK, at(15)) is None


def test_half_the_time_calls_nobody_then_the_deciding_role_then_everybody() -> None:
    assert [payload(sent(minutes)[0]).roles for minutes in (8, 13, 16)] == [(), ("lead",), ("dba", "lead")]


@pytest.mark.parametrize("state", ["going", "rolled back", "ended by hand"])
def test_before_and_after_the_rollback_nothing_is_reported(state: str) -> None:
    other = record(*BACK.attempts, facts=BACK.facts, state=state)
    assert sent(60, other) == []
    assert due(PAGE, other, at(0)) is None


def test_without_a_request_nothing_is_reported() -> None:
    assert sent(60, replace(BACK, facts=())) == []


# -- what it is doing -----------------------------------------------------------------------------------------------


def test_a_step_over_its_share_is_named_with_the_excess() -> None:
    usual = {UNDO: UsualTime(seconds=(20.0, 30.0))}
    (event,) = due_budget_events(PAGE, BACK, usual, at(8))
    assert payload(event).doing == ("Put the old code back: running for 7 min, 2 min over its share of 5 min",)


def test_a_step_within_its_share_is_named_without_an_excess() -> None:
    usual = {UNDO: UsualTime(seconds=(600.0,))}
    (event,) = due_budget_events(PAGE, BACK, usual, at(8))
    assert payload(event).doing == ("Put the old code back: running for 7 min",)


def test_a_step_that_waits_for_people_comes_first() -> None:
    page = read_page(spoil((OLD, lane("code") + lane("database", 'asks = "dba"\nafter = []'))), "small.md")
    rows = (DEPLOYED, row("code", AttemptState.RUNNING), row("database", AttemptState.FAILED))
    stands = record(*rows, facts=BACK.facts, state="rolling back")
    (event,) = due_budget_events(page, stands, {}, at(7.5))
    assert payload(event).doing == ("database: waiting for Database Admin", "code: running for 7 min 30 s")


def test_a_step_that_every_role_may_skip_names_them_all() -> None:
    page = read_page(
        spoil((OLD, '### Time?\n\n```toml window\ndays = ["mon"]\nhours = ["22:00-06:00"]\n```\n')), "small.md"
    )
    skip = said("answer", "time", 1, said="skip")
    stands = record(DEPLOYED, row("time", AttemptState.FAILED), facts=(*BACK.facts, skip), state="rolling back")
    (event,) = due_budget_events(page, stands, {}, at(8))
    assert payload(event).doing == ("Time?: waiting for Database Admin, Tech Lead",)


def test_a_refused_step_is_left() -> None:
    page = read_page(spoil((OLD, lane("code", 'sign = ["dba"]') + lane("database"))), "small.md")
    refused = said("sign", "code", 1, role="dba", said="no", reason="wrong version")
    of = record(DEPLOYED, row("code", AttemptState.DONE), facts=(*BACK.facts, refused), state="rolling back")
    (event,) = due_budget_events(page, of, {}, at(8))
    assert payload(event).left == ("code", "database")


def test_a_settled_step_is_not_left() -> None:
    rows = (DEPLOYED, row(UNDO, AttemptState.DONE), row(RESTART, AttemptState.RUNNING, after=2))
    (event,) = sent(8, record(*rows, facts=BACK.facts, state="rolling back"))
    assert payload(event).left == ("Restart it",)
    assert [line.split(":")[0] for line in payload(event).doing] == ["Restart it"]


# -- running steps --------------------------------------------------------------------------------------------------


def test_the_running_step_furthest_over_its_share_comes_first() -> None:
    rows = (DEPLOYED, row(UNDO, AttemptState.RUNNING, after=6), row(RESTART, AttemptState.RUNNING, after=1))
    usual = {UNDO: UsualTime(seconds=(60.0,))}
    both = record(*rows, facts=BACK.facts, state="rolling back")
    assert running_steps(PAGE, both, usual, at(10)) == (
        StepPace(title="Restart it", ran=timedelta(minutes=9), share=timedelta(minutes=7.5)),
        StepPace(title="Put the old code back", ran=timedelta(minutes=4), share=timedelta(minutes=7.5)),
    )
    ended = record(DEPLOYED, row(UNDO, AttemptState.DONE), facts=BACK.facts, state="rolling back")
    assert running_steps(PAGE, ended, {}, at(10)) == ()


def test_a_step_is_slow_once_it_has_run_for_longer_than_its_share() -> None:
    share = timedelta(minutes=2)
    assert not StepPace(title="x", ran=share, share=share).slow
    pace = StepPace(title="x", ran=share + timedelta(seconds=61.4), share=share + timedelta(seconds=0.6))
    assert pace.slow
    assert pace.excess == "1 min 1 s over its share of 2 min 1 s"


# -- shares ---------------------------------------------------------------------------------------------------------


def test_shares_fill_the_whole_budget_in_proportion_to_the_slowest_earlier_times() -> None:
    usual = {UNDO: UsualTime(seconds=(30.0, 120.0, 60.0))}
    assert budget_shares(BACK, usual) == {UNDO: timedelta(minutes=10), RESTART: timedelta(minutes=5)}


def test_an_earlier_time_counts_for_at_least_a_second() -> None:
    usual = {UNDO: UsualTime(seconds=(0.01,)), RESTART: UsualTime(seconds=(3.0,))}
    assert budget_shares(BACK, usual)[UNDO] == timedelta(minutes=15) / 4


def test_without_an_earlier_run_the_pages_time_counts_or_else_twenty_seconds() -> None:
    assert budget_shares(BACK, {}) == {UNDO: timedelta(minutes=15) / 4, RESTART: timedelta(minutes=15) * 3 / 4}


def test_no_steps_have_no_shares() -> None:
    assert shares(PAGE, BACK, (), {}) == {}


def test_what_the_rehearsal_took_counts_until_an_earlier_run_is_known() -> None:
    steps = OPTION_A.part(Part.ROLLBACK)
    rehearsed = row("rehearse", AttemptState.DONE, forward_seconds=9.0, rollback_seconds=80.0, return_seconds=200.0)
    known = record(rehearsed, row("let-requests-in", AttemptState.RUNNING))
    share = shares(OPTION_A, known, steps, {})
    default = share["let-requests-in"]  # 20 s, because nothing is known about it
    assert share["rollback-database"] / default == pytest.approx(4)
    assert share["rollback-rows"] / default == pytest.approx(10)
    share = shares(OPTION_A, known, steps, {"rollback-rows": UsualTime(seconds=(20.0,))})
    assert share["rollback-rows"] / share["let-requests-in"] == pytest.approx(1)


def test_a_rehearsal_that_was_faster_than_the_pages_time_leaves_no_smaller_share() -> None:
    rehearsed = record(row("rehearse", AttemptState.DONE, rollback_seconds=0.09))
    share = shares(OPTION_A, rehearsed, OPTION_A.part(Part.ROLLBACK), {})
    assert share["rollback-database"] == share["let-requests-in"]

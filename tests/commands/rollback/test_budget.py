"""The rollback's clock: each step's share, and who is told at 50, 80 and 100 % of its time, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.progress.usual_time import UsualTime
from commands.rollback.budget import due, due_budget_events, running_steps, shares
from commands.runbook import read_page
from commands.runbook.page import Part
from state.records import AttemptState
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
BACK = record(
    row("put-the-code-there", AttemptState.DONE),
    row("put-the-old-code-back", AttemptState.RUNNING, after=1),
    facts=(said("rollback"),),
    state="rolling back",
)


def marks(minutes: float) -> list[int]:
    return [payload(news).mark for news in due_budget_events(PAGE, BACK, {}, NOON + timedelta(minutes=minutes))]


@pytest.mark.parametrize(("minutes", "expected"), [(7, []), (7.5, [50]), (12, [80]), (15, [100]), (60, [100])])
def test_the_highest_mark_that_is_past_is_told(minutes: float, expected: list[int]) -> None:
    assert marks(minutes) == expected


def test_each_mark_is_told_once_and_the_next_is_waited_for() -> None:
    (news,) = due_budget_events(PAGE, BACK, {}, NOON + timedelta(minutes=8))
    assert news.once == "budget:50"
    assert due(PAGE, BACK, NOON + timedelta(minutes=8)) == NOON + timedelta(minutes=12)
    assert due(PAGE, BACK, NOON + timedelta(minutes=16)) is None


def test_half_calls_nobody_then_who_decides_then_everybody() -> None:
    called = [payload(due_budget_events(PAGE, BACK, {}, NOON + timedelta(minutes=m))[0]).roles for m in (8, 13, 16)]
    assert called == [(), ("lead",), ("dba", "lead")]


def test_it_says_what_is_slow_beside_its_share_and_what_is_left() -> None:
    usual = {"put-the-old-code-back": UsualTime(seconds=(20.0, 30.0))}
    (news,) = due_budget_events(PAGE, BACK, usual, NOON + timedelta(minutes=8))
    assert payload(news).doing == ("Put the old code back: for 7 min, 2 min over its share of 5 min",)
    assert payload(news).left == (
        "Put the old code back",
        "Restart it",
    )


def test_a_step_that_waits_for_a_word_is_what_is_slow() -> None:
    stands = record(
        row("put-the-code-there", AttemptState.DONE),
        row("put-the-old-code-back", AttemptState.FAILED),
        facts=BACK.facts,
        state="rolling back",
    )
    (news,) = due_budget_events(PAGE, stands, {}, NOON + timedelta(minutes=13))
    assert payload(news).doing == ("Put the old code back: waits for the word of Tech Lead",)


def test_shares_fill_the_whole_time_by_what_each_step_took_before() -> None:
    found = shares(PAGE, BACK, PAGE.part(Part.ROLLBACK), {"put-the-old-code-back": UsualTime(seconds=(120.0,))})
    assert found == {"put-the-old-code-back": timedelta(minutes=10), "restart-it": timedelta(minutes=5)}
    assert not running_steps(PAGE, BACK, {}, NOON + timedelta(minutes=2))[0].slow


def test_what_the_rehearsal_took_counts_until_an_earlier_run_is_known() -> None:
    page = read_pages(shipped_runbooks())["option-a.md"]
    steps = page.part(Part.ROLLBACK)
    known = record(row("rehearse", AttemptState.DONE, forward_seconds=9.0, rollback_seconds=80.0, return_seconds=200.0))
    share = shares(page, known, steps, {})
    plain = share["let-requests-in"]  # of which nothing is known: 20 s
    assert share["rollback-database"] / plain == pytest.approx(4)
    assert share["rollback-rows"] / plain == pytest.approx(10)
    share = shares(page, known, steps, {"rollback-rows": UsualTime(seconds=(20.0,))})
    assert share["rollback-rows"] / share["let-requests-in"] == pytest.approx(1)


def test_a_copy_that_was_faster_than_anything_leaves_production_no_smaller_share() -> None:
    page = read_pages(shipped_runbooks())["option-a.md"]
    share = shares(
        page, record(row("rehearse", AttemptState.DONE, rollback_seconds=0.09)), page.part(Part.ROLLBACK), {}
    )
    assert share["rollback-database"] == share["let-requests-in"]


def test_before_it_begins_and_when_it_is_over_nothing_is_told() -> None:
    for state in ("going", "rolled back"):
        other = record(*BACK.attempts, facts=BACK.facts, state=state)
        assert due_budget_events(PAGE, other, {}, NOON + timedelta(hours=1)) == []

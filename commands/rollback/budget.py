"""Rollback against the clock: each step's share of the time it may take, and who is told at 50, 80 and 100 %."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.clock import moment
from commands.progress.step_state import Verdict, settle
from commands.progress.usual_time import Usual
from commands.rollback.order import way_back
from commands.runbook.page import Page, PageStep
from commands.signoff.waiting import waiting_for
from commands.text.durations import say
from state.records import ROLLING_BACK, RUNNING, News, Record

MARKS = (50, 80, 100)  # percent of the time that a rollback may take
PLAIN = timedelta(seconds=20)  # what a step counts for that neither ran before nor says how long it takes


@dataclass(frozen=True, kw_only=True)
class Pace:
    """One step under way: how long it has run, and its share of the whole time."""

    title: str
    ran: timedelta
    share: timedelta

    @property
    def slow(self) -> bool:
        """Whether it is over its share."""
        return self.ran > self.share

    @property
    def excess(self) -> str:
        """By how much it is over its share, in words."""
        over, share = ((self.ran - self.share).total_seconds(), self.share.total_seconds())
        return f"{say(round(over))} over its share of {say(round(share))}"


def shares(page: Page, record: Record, steps: Sequence[PageStep], usual: Mapping[str, Usual]) -> dict[str, timedelta]:
    """Each step's share of the time that the rollback may take.

    By what it took in earlier runs; or else on the copy, in this run's rehearsal; or by the page.
    """
    rehearsed = _rehearsed(page, record)
    took = {step.id: _took(step, usual, rehearsed) for step in steps}
    whole = sum(took.values(), timedelta(0)) or timedelta(seconds=1)
    return {step: page.rollback.within * (one / whole) for step, one in took.items()}


def _took(step: PageStep, usual: Mapping[str, Usual], rehearsed: Mapping[str, timedelta]) -> timedelta:
    if seconds := usual.get(step.id, Usual()).seconds:
        return timedelta(seconds=max(*seconds, 1))
    # on the copy nobody waits for locks, nor for the backup's checksum: production takes longer, and never less
    return max(rehearsed.get(step.id, timedelta(0)), step.box.takes or PLAIN)


def _rehearsed(page: Page, record: Record) -> dict[str, timedelta]:
    """What the steps of the rollback took on the copy of the backup, where this run rehearsed them."""
    found = {}
    for step in page.steps:
        row = record.last(step.id)
        if step.box.kind != "rehearse" or row is None:
            continue
        files = {one.id: getattr(one.box, "file", "") for one in page.steps if one.box.kind == "sql"}
        for back in page.part("rollback"):
            if files.get(back.id) == getattr(step.box, "rollback", None):
                found[back.id] = timedelta(seconds=row.measures.get("rollback_seconds", 0))
            if back.box.kind == "data-return" and files.get(back.box.undoes) == getattr(step.box, "forward", None):
                found[back.id] = timedelta(seconds=row.measures.get("return_seconds", 0))
    return found


def under_way(page: Page, record: Record, usual: Mapping[str, Usual], now: datetime) -> tuple[Pace, ...]:
    """The steps of the rollback that run now, the slowest beside its share first."""
    steps = way_back(page, record)
    share = shares(page, record, steps, usual)
    found = [
        Pace(title=step.title, ran=now - moment(record, row), share=share[step.id])
        for step in steps
        if (row := record.last(step.id)) and row.state == RUNNING
    ]
    return tuple(sorted(found, key=lambda pace: pace.share - pace.ran))


def told_at(page: Page, record: Record, usual: Mapping[str, Usual], now: datetime) -> list[News]:
    """What must be told now of the rollback's time: the highest mark that is past, once each."""
    past = [mark for mark in MARKS if (moment := _moment(page, record, mark)) and moment <= now]
    return [_news(page, record, usual, past[-1], now)] if past else []


def due(page: Page, record: Record, now: datetime) -> datetime | None:
    """When the next mark is reached, if the rollback goes on till then."""
    moments = (_moment(page, record, mark) for mark in MARKS)
    return min((moment for moment in moments if moment and moment > now), default=None)


def _moment(page: Page, record: Record, mark: int) -> datetime | None:
    asked = record.fact("rollback")
    if record.run.state != ROLLING_BACK or asked is None:
        return None
    return moment(record, asked) + page.rollback.within * mark / 100


def _news(page: Page, record: Record, usual: Mapping[str, Usual], mark: int, now: datetime) -> News:
    asked = record.fact("rollback")
    running = under_way(page, record, usual, now)
    left = [step.title for step in way_back(page, record) if settle(page, record, step) is not Verdict.GO_ON]
    data = {
        "mark": mark,
        "within": say(page.rollback.within),
        "ran": say(timedelta(seconds=round((now - moment(record, asked)).total_seconds()))) if asked else "",
        "doing": [
            *_waits(page, record),
            *(f"{one.title}: for {say(round(one.ran.total_seconds()))}{_over(one)}" for one in running),
        ],
        "left": left,
        "roles": _roles(page, mark),
    }
    return News(kind="budget", data=data, once=f"budget:{mark}")


def _waits(page: Page, record: Record) -> list[str]:
    """What stands still until somebody says a word: nothing is slower than that."""
    return [
        f"{one.title}: waits for the word of {', '.join(page.roles[role].title for role in one.roles)}"
        for one in waiting_for(page, record)
    ]


def _over(one: Pace) -> str:
    return f", {one.excess}" if one.slow else ""


def _roles(page: Page, mark: int) -> list[str]:
    """Who is told: at half of it nobody is called, then who decides, and at its end everybody."""
    return {50: [], 80: [page.decision.role]}.get(mark, list(page.roles))

"""The surprises of drills: what each one does, which pages it fits, and when it begins."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from commands.progress.sealed import opened
from commands.progress.step_state import WATCH
from commands.runbook.page import Page, PageStep, Part
from commands.text.durations import format_duration
from state.errors import BadRecord
from state.facts import Surprise
from state.frozen import dataclass
from state.records import Record
from state.store import RecordStore

SLOW_FROM = timedelta(minutes=20)  # of the watch
SLOWER_BY = 8.0  # seconds
WRONG_STATUS = 500
AWAY_FOR = timedelta(minutes=5)
LATE_AT = 0.85  # of the rollback's time budget: the step is late after the warning at 80 %
LONGEST_BUDGET = timedelta(minutes=30)  # of a page whose rollback can be late: people wait for it


@dataclass(frozen=True, kw_only=True)
class Story:
    """One surprise.

    `sentence` tells its starter what happens. `misfit` says why a page cannot have it, as the end of a sentence, and is
    empty where it can. `began` is when it began in a run, or None if it has not. `people_notice`: nothing but people
    can notice it. `shown_by` says whether a step could show it by its result.
    """

    name: str
    sentence: str
    misfit: Callable[[Page], str]
    began: Callable[[Page, Record], datetime | None]
    people_notice: bool = False
    shown_by: Callable[[Page, str], bool] = lambda *_: True


def failing_step(page: Page) -> PageStep | None:
    """The smoke test that fails: the first that only reads, so that nothing is left behind."""
    return next((step for step in page.part(Part.SMOKE_TESTS) if _can_fail(step)), None)


def late_step(page: Page) -> PageStep | None:
    """The rollback step that is late: the first that runs commands."""
    return next((step for step in page.part(Part.ROLLBACK) if step.box.kind == "run"), None)


def slow_from(record: Record) -> datetime | None:
    """When the API becomes slow, or will; None before the watch."""
    watch = record.last(WATCH)
    return watch.began_at + SLOW_FROM / record.run.speed if watch else None


def story_of(record: Record, store: RecordStore) -> Story | None:
    """The surprise of a drill; None for a run without one, and where the record's key is not there to open it.

    A run that is no drill has none, whatever its record holds.
    """
    surprise = record.newest(Surprise) if record.run.drill else None
    if surprise is None:
        return None
    with suppress(BadRecord):
        if key := store.key:
            return STORIES.get(opened(key, surprise.sealed))
    return None


def _can_fail(step: PageStep) -> bool:
    # here and below: imported with the first surprise, as a bot that starts again acts before it knows kinds
    from commands.steps.kinds.http import HttpStep

    box = step.box
    return isinstance(box, HttpStep) and box.only_looks() and WRONG_STATUS not in box.accepted()


def _slow_misfit(page: Page) -> str:
    from commands.steps.kinds.http import HttpStep

    if page.watch is None or page.watch.lasts <= SLOW_FROM:
        return f"its watch is not longer than {format_duration(SLOW_FROM)}"
    for alert in page.alerts:
        limits = [limit for limit in (alert.above, alert.warn_above) if limit is not None]
        checks = [step.box for step in page.part(Part.WATCH) if step.id == alert.check]
        for box in checks if limits and alert.measure == "seconds" else ():
            raised = SLOW_FROM + (box.every or SLOW_FROM) * alert.in_a_row + (alert.lasting or timedelta(0))
            in_time = raised <= page.watch.lasts
            if in_time and isinstance(box, HttpStep) and min(limits) < min(SLOWER_BY, box.limit.total_seconds()):
                return ""
    return f"no alert judges the seconds of an `http` check with a limit under {SLOWER_BY:g} s"


def _shows_slow(page: Page, step: str) -> bool:
    from commands.steps.kinds.http import HttpStep

    return any(one.id == step and isinstance(one.box, HttpStep) for one in page.part(Part.WATCH))


def _slow_began(_: Page, record: Record) -> datetime | None:
    begins = slow_from(record)
    rolled_back = record.rollback.at if record.rollback else None
    end = min(filter(None, (rolled_back, record.run.ended_at)), default=None)
    return begins if begins and end and begins < end else None


def _late_misfit(page: Page) -> str:
    if late_step(page) is None:
        return "no step of its rollback runs commands (`run`)"
    too_long = page.rollback.within > LONGEST_BUDGET
    return f"its rollback may take longer than {format_duration(LONGEST_BUDGET)}" if too_long else ""


def first_began(steps: tuple[PageStep, ...], record: Record) -> datetime | None:
    """When the first of some steps began; None before."""
    ids = {step.id for step in steps}
    return min((attempt.began_at for attempt in record.attempts if attempt.step in ids), default=None)


def _one(step: PageStep | None) -> tuple[PageStep, ...]:
    return (step,) if step else ()


SLOW_API = Story(
    name="slow-api",
    sentence=(
        f"From {format_duration(SLOW_FROM)} of the watch on, each `http` check of the watch measures "
        f"{SLOWER_BY:g} s more, until somebody rolls back."
    ),
    misfit=_slow_misfit,
    began=_slow_began,
    shown_by=_shows_slow,
)
FAILING_TEST = Story(
    name="failing-test",
    sentence=(
        f"The first smoke test that only reads gets status {WRONG_STATUS}, each time that it is run before the watch."
    ),
    misfit=lambda page: "" if failing_step(page) else "it has no smoke test that only reads with `http`",
    began=lambda page, record: first_began(_one(failing_step(page)), record),
    shown_by=lambda page, step: step in {one.id for one in _one(failing_step(page))},
)
LATE_ROLLBACK = Story(
    name="late-rollback",
    sentence=(
        f"If somebody rolls back, the first `run` step of the rollback begins only after {100 * LATE_AT:.0f} % of its "
        "time budget."
    ),
    misfit=_late_misfit,
    began=lambda page, record: first_began(_one(late_step(page)), record),
)
NO_SLACK = Story(
    name="no-slack",
    sentence=(
        f"When the first step of the deploy begins, nothing of the drill is posted for {format_duration(AWAY_FOR)}. "
        "Then all of it comes, in order."
    ),
    misfit=lambda page: "" if page.part(Part.DEPLOY) else "it has no step that deploys",
    began=lambda page, record: first_began(page.part(Part.DEPLOY), record),
    people_notice=True,
)
STORIES = {story.name: story for story in (SLOW_API, FAILING_TEST, LATE_ROLLBACK, NO_SLACK)}


def seconds_away(page: Page, record: Record, store: RecordStore, now: datetime) -> float:
    """For how many seconds more Slack is away in a drill; 0 if it is not."""
    began = NO_SLACK.began(page, record) if story_of(record, store) is NO_SLACK else None
    left = (began + AWAY_FOR - now).total_seconds() if began else 0.0
    return min(max(left, 0.0), AWAY_FOR.total_seconds())

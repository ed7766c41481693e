"""The four figures of delivery over the history: how often, how long from commit to production, how many fail, how long to restore."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from commands.progress.step_state import WATCH
from state.records import Record, Run, RunState

COMMITTED = "committed_at"  # the value under which a step tells when the commit was made, in ISO 8601


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Over `deploys` (kept or rolled back) in the time from the first to the last of them; None where it is not known.

    `a_week` is the mean count of kept deploys in seven days; `lead_time` and `restore` are medians; `failed` counts rollbacks.
    """

    deploys: int
    failed: int
    a_week: float | None
    lead_time: timedelta | None
    restore: timedelta | None
    since: datetime | None

    @property
    def failure_share(self) -> float | None:
        """Rolled back among all that reached production, 0 to 1."""
        return self.failed / self.deploys if self.deploys else None


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """A run in short, without the text of its page.

    `lead_time` is from the commit to the watch, `restored` from the asking for a rollback to its end.
    """

    run: Run
    lead_time: timedelta | None
    restored: timedelta | None


def deploy_of(record: Record) -> Deploy:
    """What the history keeps of a record; a thousand whole records would be too much to hold at once."""
    asked, end = record.rollback, record.run.ended_at
    return Deploy(
        run=replace(record.run, text=""),
        lead_time=_lead_time(record),
        restored=end - asked.at if asked and end else None,
    )


def figures(history: Iterable[Deploy]) -> Figures:
    """The figures of the runs that reached their end on production; the others count for nothing."""
    ended = [one for one in history if one.run.state in {RunState.KEPT, RunState.ROLLED_BACK} and one.run.ended_at]
    ended.sort(key=lambda one: one.run.began_at)
    back = [one for one in ended if one.run.state == RunState.ROLLED_BACK]
    return Figures(
        deploys=len(ended),
        failed=len(back),
        a_week=_a_week([one.run for one in ended]),
        lead_time=_median([one.lead_time for one in ended if one.run.state == RunState.KEPT]),
        restore=_median([one.restored for one in back]),
        since=ended[0].run.began_at if ended else None,
    )


def _lead_time(record: Record) -> timedelta | None:
    watch = record.last(WATCH)
    there = watch.began_at if watch else record.run.ended_at
    try:
        committed = datetime.fromisoformat(record.values().get(COMMITTED, ""))
        return max(there - committed, timedelta(0)) if there else None
    except (ValueError, TypeError):
        return None


def _median(times: list[timedelta | None]) -> timedelta | None:
    known = [time.total_seconds() for time in times if time is not None]
    return timedelta(seconds=median(known)) if known else None


def _a_week(runs: Sequence[Run]) -> float | None:
    """Kept deploys in seven days, over at least one week: three deploys on the first day are not 21 a week."""
    if not runs:
        return None
    last = max(run.ended_at or run.began_at for run in runs)
    weeks = max((last - runs[0].began_at) / timedelta(weeks=1), 1.0)
    return sum(run.state == RunState.KEPT for run in runs) / weeks

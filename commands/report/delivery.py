"""The four figures of delivery over the history: how often, how long from commit to production, how many fail, how long to restore."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from commands.settle import WATCH
from state.records import KEPT, ROLLED_BACK, Record

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


def figures(history: Iterable[Record]) -> Figures:
    """The figures of the runs that reached their end on production; the others count for nothing."""
    ended = [record for record in history if record.run.state in {KEPT, ROLLED_BACK} and record.run.ended_at]
    ended.sort(key=lambda record: record.run.began_at)
    back = [record for record in ended if record.run.state == ROLLED_BACK]
    leads = [lead for record in ended if record.run.state == KEPT and (lead := lead_time(record)) is not None]
    restores = [took for record in back if (took := restored_after(record)) is not None]
    return Figures(
        deploys=len(ended),
        failed=len(back),
        a_week=_a_week(ended),
        lead_time=_median(leads) if leads else None,
        restore=_median(restores) if restores else None,
        since=ended[0].run.began_at if ended else None,
    )


def lead_time(record: Record) -> timedelta | None:
    """From the commit to the beginning of the watch, when all of it was in production, where the record knows both."""
    watch = record.last(WATCH)
    there = watch.began_at if watch else record.run.ended_at
    try:
        committed = datetime.fromisoformat(record.values().get(COMMITTED, ""))
        return max(there - committed, timedelta(0)) if there else None
    except (ValueError, TypeError):
        return None


def restored_after(record: Record) -> timedelta | None:
    """From the asking for a rollback to its verified end."""
    asked = record.fact("rollback")
    return record.run.ended_at - asked.at if asked and record.run.ended_at else None


def _median(times: list[timedelta]) -> timedelta:
    return timedelta(seconds=median(time.total_seconds() for time in times))


def _a_week(ended: Sequence[Record]) -> float | None:
    """Kept deploys in seven days, over at least one week: three deploys on the first day are not 21 a week."""
    if not ended:
        return None
    last = max(record.run.ended_at or record.run.began_at for record in ended)
    weeks = max((last - ended[0].run.began_at) / timedelta(weeks=1), 1.0)
    return sum(record.run.state == KEPT for record in ended) / weeks

"""The DORA metrics over the history of runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from commands.progress.after_rollback import restored_at
from commands.progress.step_state import WATCH
from state.frozen import dataclass
from state.records import Record, Run, RunState

COMMITTED = "committed_at"  # the name of the value that holds the commit's time, in ISO 8601


@dataclass(frozen=True, kw_only=True)
class DoraMetrics:
    """The metrics over `deploys` runs that were kept or rolled back; None where a metric is unknown.

    `per_week` is the mean number of kept deploys in seven days. `lead_time` and `time_to_restore` are medians. `since`
    is when the first of the runs started.
    """

    deploys: int
    rolled_back: int
    per_week: float | None
    lead_time: timedelta | None
    time_to_restore: timedelta | None
    since: datetime | None

    @property
    def change_failure_rate(self) -> float | None:
        """The share of deploys that were rolled back, from 0 to 1."""
        return self.rolled_back / self.deploys if self.deploys else None


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """A run in short, without the text of its page.

    `lead_time` is the time from the commit to the start of the watch, `restored` the time from the rollback request to
    the end of the rollback, without the watch after it.
    """

    run: Run
    lead_time: timedelta | None
    restored: timedelta | None


def deploy_of(record: Record) -> Deploy:
    """What the history needs of a record. A thousand whole records would take too much memory."""
    rollback, restored = record.rollback, restored_at(record)
    is_over = record.run.ended_at and record.run.state != RunState.ABORTED  # then nothing had to be restored
    return Deploy(
        run=replace(record.run, text=""),
        lead_time=_lead_time(record),
        restored=restored - rollback.at if rollback and restored and is_over else None,
    )


def dora_metrics(history: Iterable[Deploy]) -> DoraMetrics:
    """The metrics over the runs that were kept or rolled back. Active, aborted and closed runs do not count."""
    counted = {RunState.KEPT, RunState.ROLLED_BACK}
    deploys = [deploy for deploy in history if deploy.run.state in counted and deploy.run.ended_at]
    deploys.sort(key=lambda deploy: deploy.run.began_at)
    rolled_back = [deploy for deploy in deploys if deploy.run.state == RunState.ROLLED_BACK]
    return DoraMetrics(
        deploys=len(deploys),
        rolled_back=len(rolled_back),
        per_week=_per_week([deploy.run for deploy in deploys]),
        lead_time=_median([deploy.lead_time for deploy in deploys if deploy.run.state == RunState.KEPT]),
        time_to_restore=_median([deploy.restored for deploy in rolled_back]),
        since=deploys[0].run.began_at if deploys else None,
    )


def _lead_time(record: Record) -> timedelta | None:
    watch = record.last(WATCH)
    deployed_at = watch.began_at if watch else record.run.ended_at
    try:
        committed_at = datetime.fromisoformat(record.values().get(COMMITTED, ""))
        return max(deployed_at - committed_at, timedelta(0)) if deployed_at else None
    except (ValueError, TypeError):
        return None


def _median(durations: list[timedelta | None]) -> timedelta | None:
    known = [duration.total_seconds() for duration in durations if duration is not None]
    return timedelta(seconds=median(known)) if known else None


def _per_week(runs: Sequence[Run]) -> float | None:
    """Kept deploys in seven days, over at least one week: three deploys on the first day are not 21 a week."""
    if not runs:
        return None
    last = max(run.ended_at or run.began_at for run in runs)
    weeks = max((last - runs[0].began_at) / timedelta(weeks=1), 1.0)
    return sum(run.state == RunState.KEPT for run in runs) / weeks

"""The history of runs and the DORA metrics in words, for the report, the terminal and Slack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.report.labels import MARKS, tidy
from commands.report.dora import Deploy, DoraMetrics, dora_metrics
from commands.text.durations import format_duration

UNKNOWN = "not known yet"


def metric_rows(metrics: DoraMetrics) -> Iterator[tuple[str, str]]:
    """Each DORA metric by name, and its value in words."""
    yield "Deployment frequency", _frequency(metrics)
    yield (
        "Lead time, commit to production",
        UNKNOWN if metrics.lead_time is None else format_duration(metrics.lead_time),
    )
    yield "Change failure rate", _failure_rate(metrics)
    restored = metrics.time_to_restore
    yield "Time to restore", "no rollback yet" if restored is None else format_duration(restored)


def history_lines(shown: Sequence[Deploy], history: Sequence[Deploy], zone: str = "UTC") -> Iterator[str]:
    """One line for each run in `shown`, then the DORA metrics of each of their targets over the whole history."""
    for deploy in shown:
        run = deploy.run
        took = format_duration(run.ended_at - run.began_at) if run.ended_at else "in progress"
        restored = f", rollback took {format_duration(deploy.restored)}" if deploy.restored is not None else ""
        where = f"{tidy(run.target, 60)}  {tidy(run.release, 40)}"
        result = f"{run.state} ({took}{restored})"
        yield f"{MARKS.get(run.state, '•')} {f'run {run.id}':<7}  {_date(run.began_at, zone)}  {where}: {result}"
    for target in dict.fromkeys(deploy.run.target for deploy in shown):
        yield ""
        yield f"{tidy(target, 80)}, DORA metrics over all its runs:"
        yield from (f"  {name}: {value}" for name, value in metric_rows(dora_metrics(_of(target, history))))


def _frequency(metrics: DoraMetrics) -> str:
    if metrics.per_week is None:
        return UNKNOWN
    kept = metrics.deploys - metrics.rolled_back
    per_week = f"{metrics.per_week:.0f}" if metrics.per_week >= 10 else f"{metrics.per_week:.2g}"
    return f"{per_week} a week ({kept} kept)"


def _failure_rate(metrics: DoraMetrics) -> str:
    if metrics.change_failure_rate is None:
        return UNKNOWN
    return f"{100 * metrics.change_failure_rate:.0f} % ({metrics.rolled_back} of {metrics.deploys} rolled back)"


def _of(target: str, history: Iterable[Deploy]) -> Iterator[Deploy]:
    return (deploy for deploy in history if deploy.run.target == target)


def _date(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"

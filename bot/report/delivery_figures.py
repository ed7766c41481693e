"""The four figures of delivery and the history of runs in words, for the report, the terminal and Slack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.report.labels import MARKS, tidy
from commands.report.delivery import Deploy, Figures, figures
from commands.text.durations import format_duration


def figure_rows(found: Figures) -> Iterator[tuple[str, str]]:
    """Each figure with its name; what is not known is said to be so."""
    unknown = "not known yet"
    kept = found.deploys - found.failed
    a_week = f"{found.a_week:.2g} a week ({kept} kept)" if found.a_week is not None else unknown
    share = f"{found.failed} of {found.deploys} rolled back" if found.deploys else unknown
    yield "Deploy frequency", a_week
    yield (
        "Lead time, commit to production",
        format_duration(found.lead_time) if found.lead_time is not None else unknown,
    )
    yield "Change failure share", share + (f" ({found.failure_share:.0%})" if found.failure_share is not None else "")
    yield (
        "Time to restore",
        format_duration(found.restore) if found.restore is not None else "nothing had to be restored",
    )


def history_lines(shown: Sequence[Deploy], whole: Sequence[Deploy], zone: str = "UTC") -> Iterator[str]:
    """The runs to be shown, newest first, one line each, then the figures of each target over the whole history."""
    for one in shown:
        run = one.run
        took = format_duration(run.ended_at - run.began_at) if run.ended_at else "goes on"
        restored = f", back {format_duration(one.restored)} after it was asked for" if one.restored is not None else ""
        where = f"{tidy(run.target, 60)}  {tidy(run.ref, 40)}"
        yield f"{MARKS.get(run.state, '•')} {run.id:>3}  {_day(run.began_at, zone)}  {where}: {run.state} ({took}{restored})"
    for target in dict.fromkeys(one.run.target for one in shown):
        yield ""
        yield f"{tidy(target, 80)}, over all its runs:"
        yield from (f"  {name}: {value}" for name, value in figure_rows(figures(_of(target, whole))))


def _of(target: str, whole: Iterable[Deploy]) -> Iterator[Deploy]:
    return (one for one in whole if one.run.target == target)


def _day(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"

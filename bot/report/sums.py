"""The four figures of delivery and the history of runs in words, for the report, the terminal and Slack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.report.words import MARKS, tidy
from commands.durations import say
from commands.report.delivery import Figures, figures, restored_after
from state.records import Record


def figure_rows(found: Figures) -> Iterator[tuple[str, str]]:
    """Each figure with its name; what is not known is said to be so."""
    unknown = "not known yet"
    kept = found.deploys - found.failed
    a_week = f"{found.a_week:.2g} a week ({kept} kept)" if found.a_week is not None else unknown
    share = f"{found.failed} of {found.deploys} rolled back" if found.deploys else unknown
    yield "Deploy frequency", a_week
    yield "Lead time, commit to production", say(found.lead_time) if found.lead_time is not None else unknown
    yield "Change failure share", share + (f" ({found.failure_share:.0%})" if found.failure_share is not None else "")
    yield "Time to restore", say(found.restore) if found.restore is not None else "nothing had to be restored"


def history_lines(records: Sequence[Record], whole: Sequence[Record], zone: str = "UTC") -> Iterator[str]:
    """The runs of `records`, newest first, one line each, then the figures of each target over `whole`."""
    for record in records:
        run = record.run
        took = say(run.ended_at - run.began_at) if run.ended_at else "goes on"
        back = restored_after(record)
        restored = f", back {say(back)} after it was asked for" if back is not None and not run.active else ""
        mark = MARKS.get(run.state, "•")
        yield (
            f"{mark} {run.id:>3}  {_day(run.began_at, zone)}  {tidy(run.target, 60)}  {tidy(run.ref, 40)}: "
            f"{run.state} ({took}{restored})"
        )
    for target in dict.fromkeys(record.run.target for record in records):
        yield ""
        yield f"{tidy(target, 80)}, over all its runs:"
        mine = figures(record for record in whole if record.run.target == target)
        yield from (f"  {name}: {value}" for name, value in figure_rows(mine))


def _day(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"

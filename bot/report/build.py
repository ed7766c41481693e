"""Builds reports from the record: of one run, of all runs, and the chart of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from bot.report.chart import draw_chart
from commands.progress.surprises import story_of
from commands.report.charts import Panel, panels
from commands.report.dora import Deploy, deploy_of
from commands.report.report import Report, build_report
from commands.report.run_data import RunData
from commands.report.surprise_report import surprise_report
from commands.run.engine import page_of, zone_of
from commands.runbook import Page
from commands.runbook.people import People
from commands.text.phrases import agree
from state.records import Record, Run
from state.store import RecordStore

MAX_RUNS, MAX_EVENTS = 1_000, 1_000_000


def report_of(
    store: RecordStore, run: Run, people: People, now: datetime, names: Mapping[str, str] | None = None
) -> Report:
    """The report of a run at `now`. Raises Refused for a run whose page this version cannot read."""
    drills = bool(run.drill)
    history = [deploy for deploy in history_of(store, drills=drills) if deploy.run.target == run.target]
    events = store.events(run.id, 0, MAX_EVENTS)
    page, record = page_of(run), store.record(run.id)
    report = build_report(page, record, events, history, people=people, now=now, names=names)
    if not report.drill:
        return report
    surprise = surprise_report(RunData(page, record), events, story_of(record, store))
    return replace(report, drill=replace(report.drill, surprise=surprise))


def history_of(store: RecordStore, *, drills: bool = False) -> list[Deploy]:
    """The newest runs in short, newest first, or the `drills` among them; without those that cannot be read."""
    wanted = (run.id for run in store.runs(MAX_RUNS) if bool(run.drill) is drills)
    return [deploy_of(record) for record in store.records(wanted)]


def zone_of_history(store: RecordStore, shown: Iterable[Deploy]) -> str:
    """The zone of the pages of these runs, if all have the same one; else UTC."""
    zones = {zone_of(store.run(deploy.run.id)).key for deploy in shown}  # a run in short has no page
    return zones.pop() if len(zones) == 1 else "UTC"


def left_out(store: RecordStore, history: Iterable[Deploy], *, drills: bool = False) -> list[str]:
    """A sentence about the runs that the history does not hold because they cannot be read; nothing without any."""
    known = {deploy.run.id for deploy in history}
    known |= {run.id for run in store.runs(MAX_RUNS) if bool(run.drill) is not drills}
    if not (missing := sorted(set(store.numbers(MAX_RUNS)) - known)):
        return []
    which = ", ".join(map(str, missing))
    verb = agree(len(missing), "is", "are")
    return [f"Run {which} cannot be read and {verb} left out here. `gonogo verify` names what was changed."]


def chart_of(report: Report) -> bytes | None:
    """The report's chart as a PNG, or None where there is nothing to draw."""
    return draw_chart(report.panels)


def panels_of(page: Page, record: Record) -> tuple[Panel, ...]:
    """What the chart of a run shows now."""
    return panels(RunData(page, record))

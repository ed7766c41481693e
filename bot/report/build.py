"""Reports made from a record: of one run, of all runs, and the chart that belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.report.chart import draw_chart
from commands.report import Deploy, Panel, Report, build_report, deploy_of, panels
from commands.report.run_data import RunData
from commands.run.engine import page_of
from commands.runbook import Page
from commands.runbook.people import People
from state.records import Record, Run
from state.sqlite.store import Store

MOST_RUNS, MOST_EVENTS = 1_000, 1_000_000


def report_of(store: Store, run: Run, people: People, now: datetime, names: Mapping[str, str] | None = None) -> Report:
    """The report of a run as it is now. Raises Refused for a run whose page this version cannot read."""
    history = [deploy for deploy in history_of(store) if deploy.run.target == run.target]
    events = store.events(run.id, 0, MOST_EVENTS)
    return build_report(page_of(run), store.record(run.id), events, history, people=people, now=now, names=names)


def history_of(store: Store) -> list[Deploy]:
    """The newest runs in short, newest first."""
    return [deploy_of(store.record(run.id)) for run in store.runs(MOST_RUNS)]


def chart_of(report: Report) -> bytes | None:
    """The report's chart as a PNG."""
    return draw_chart(report.panels)


def panels_of(page: Page, record: Record) -> tuple[Panel, ...]:
    """What the chart of a run would show now."""
    return panels(RunData(page, record))

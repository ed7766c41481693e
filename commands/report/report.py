"""The report of a run as one value, made from its page, its record and its events; it holds every fact and no layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commands.progress.step_state import DECISION, WATCH
from commands.report.alert_history import AlertOccurrence, alert_occurrences
from commands.report.charts import Panel, panels
from commands.report.delivery import Deploy, Figures, figures
from commands.report.left_behind import cleaned, not_brought_back
from commands.report.people import PersonAction, person_actions
from commands.report.run_data import RunData
from commands.runbook.page import STAGES, Criterion, Page, Part
from commands.runbook.people import People
from commands.runbook.plan import timeline
from commands.watch.criteria import criterion_holds
from state.facts import RunClosed
from state.records import AttemptState, Event, Record, Run


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of the timeline: when it was planned and when it began (both T+), how long it took, and how it ended."""

    title: str
    planned: timedelta | None
    began: timedelta | None
    took: timedelta | None
    state: AttemptState | None


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """One attempt at a step with its telling output; for a check of the watch the newest of its `times` attempts."""

    title: str
    part: str
    kind: str
    attempt: int
    times: int
    bad: int
    state: AttemptState
    began: timedelta
    took: timedelta | None
    summary: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CriterionReport:
    """A GO or NO-GO line: whether what shows it is good, or None where nothing was measured; `by_people` where people answer for it."""

    text: str
    holds: bool | None
    by_people: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything the report says, with `names` for the people in it. Times are UTC, T+ is in the page's own time."""

    run: Run
    title: str
    zone: str
    commit: str
    reason: str
    clock: timedelta
    rollback_took: timedelta | None
    rollback_within: timedelta
    timeline: tuple[TimelineEntry, ...]
    actions: tuple[PersonAction, ...]
    steps: tuple[StepReport, ...]
    alerts: tuple[AlertOccurrence, ...]
    go: tuple[CriterionReport, ...]
    no_go: tuple[CriterionReport, ...]
    cleaned: tuple[str, ...]
    not_brought_back: tuple[str, ...]
    panels: tuple[Panel, ...]
    figures: Figures
    names: Mapping[str, str] = field(default_factory=dict)


def build_report(
    page: Page,
    record: Record,
    events: Iterable[Event],
    history: Iterable[Deploy],
    *,
    people: People,
    now: datetime,
    names: Mapping[str, str] | None = None,
) -> Report:
    """The report of a run as it is at `now`; `history` are all runs of its target, for the four figures."""
    data = RunData(page, record)
    rollback = record.rollback
    end = record.run.ended_at or now
    why = rollback or record.newest(RunClosed)
    criteria = page.criteria
    return Report(
        run=record.run,
        title=page.title,
        zone=page.runbook.time_zone,
        commit=record.values().get("commit", ""),
        reason=why.reason if why else "",
        clock=data.t_plus(end),
        rollback_took=end - rollback.at if rollback else None,
        rollback_within=page.rollback.within,
        timeline=tuple(_timeline(data)),
        actions=person_actions(page, record, people),
        steps=tuple(_steps(data)),
        alerts=alert_occurrences(data, events),
        go=_lines(page, record, criteria.go if criteria else []),
        no_go=_lines(page, record, criteria.no_go if criteria else [], sign=True),
        cleaned=cleaned(data),
        not_brought_back=not_brought_back(page, record),
        panels=panels(data),
        figures=figures(history),
        names=names or {},
    )


def _timeline(data: RunData) -> Iterable[TimelineEntry]:
    page = data.page
    begins = [at for at, _ in timeline(page)]
    titles = [(step.id, step.title) for step in page.forward]
    titles += [(WATCH, "The watch")] if page.watch else []
    titles.append((DECISION, "KEEP or ROLLBACK"))
    for (step, title), planned in zip(titles, begins, strict=True):
        yield _entry(data, step, title, planned)
    for step_id in (step.id for step in page.part(Part.ROLLBACK) if data.attempts(step.id)):
        yield _entry(data, step_id, page.step(step_id).title, None)


def _entry(data: RunData, step: str, title: str, planned: timedelta | None) -> TimelineEntry:
    rows = data.attempts(step)
    if not rows:
        return TimelineEntry(title=title, planned=planned, began=None, took=None, state=None)
    began, end, state = data.t_plus(rows[0].began_at), rows[-1].ended_at, rows[-1].state
    back = data.record.rollback
    if state == AttemptState.RUNNING and back and step in {WATCH, DECISION}:
        end, state = back.at, AttemptState.STOPPED  # its row stays open: a rollback only goes another way
    took = data.t_plus(end) - began if end else None
    return TimelineEntry(title=title, planned=planned, began=began, took=took, state=state)


def _steps(data: RunData) -> Iterable[StepReport]:
    for step in data.page.steps:
        mine = data.attempts(step.id)
        bad = sum(row.state != AttemptState.DONE for row in mine)
        for row in mine[-1:] if step.part == Part.WATCH else mine:
            yield StepReport(
                title=step.title,
                part=STAGES[step.part],
                kind=step.box.kind,
                attempt=row.attempt,
                times=len(mine) if step.part == Part.WATCH else 1,
                bad=bad if step.part == Part.WATCH else 0,
                state=row.state,
                began=data.t_plus(row.began_at),
                took=row.ended_at - row.began_at if row.ended_at else None,
                summary=row.summary,
                lines=tuple(str(line) for line in row.outcome.get("lines", ())),
            )


def _lines(
    page: Page, record: Record, criteria: Iterable[Criterion], *, sign: bool = False
) -> tuple[CriterionReport, ...]:
    return tuple(
        CriterionReport(text=one.text, holds=criterion_holds(page, record, one, sign=sign), by_people=not one.shown_by)
        for one in criteria
    )

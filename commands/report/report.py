"""The report of a run as one value with every fact and no layout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commands.progress.own_steps import own_steps
from commands.progress.step_state import DECISION, WATCH
from commands.report.alert_history import AlertOccurrence, alert_occurrences
from commands.report.charts import Panel, panels
from commands.report.comparison import Comparison, comparison
from commands.report.dora import Deploy, DoraMetrics, dora_metrics
from commands.report.left_behind import cleanup_results, rollback_losses
from commands.report.people import PersonAction, person_actions
from commands.report.run_data import RunData
from commands.runbook.page import STAGES, Criterion, Page, Part
from commands.runbook.people import People
from commands.runbook.plan import timeline
from commands.watch.criteria import criterion_holds
from state.facts import Evidence, RunClosed, Signature
from state.records import AttemptState, Event, Record, Run


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of the timeline: planned and actual start (both T+), duration and result."""

    title: str
    planned: timedelta | None
    began: timedelta | None
    took: timedelta | None
    state: AttemptState | None


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """One attempt of a step with its output. A check of the watch has `times` samples, `bad` of them failed."""

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
    """A GO or NO-GO line: whether its evidence is good, or None where there is none. `by_people`: people judge it."""

    text: str
    holds: bool | None
    by_people: bool


@dataclass(frozen=True, kw_only=True)
class SignedEvidence:
    """What signatures were given for: its hash, and each item with its value."""

    hash: str
    items: Evidence


@dataclass(frozen=True, kw_only=True)
class Report:
    """All facts of the report. `names` maps user ids to names. T+ counts the watch at its planned speed.

    `page_hash` is the SHA-256 of the run's page.
    """

    run: Run
    title: str
    zone: str
    commit: str
    page_hash: str
    reason: str
    clock: timedelta
    rollback_took: timedelta | None
    rollback_within: timedelta
    timeline: tuple[TimelineEntry, ...]
    actions: tuple[PersonAction, ...]
    evidence: tuple[SignedEvidence, ...]
    fallen: tuple[str, ...]
    steps: tuple[StepReport, ...]
    alerts: tuple[AlertOccurrence, ...]
    go: tuple[CriterionReport, ...]
    no_go: tuple[CriterionReport, ...]
    cleanup: tuple[str, ...]
    not_restored: tuple[str, ...]
    comparison: Comparison
    panels: tuple[Panel, ...]
    metrics: DoraMetrics
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
    """The report of a run at `now`. `history` is all runs of its target, for the DORA metrics."""
    data = RunData(page, record)
    told = list(events)
    rollback = record.rollback
    end = record.run.ended_at or now
    ended_by = rollback or record.newest(RunClosed)
    criteria = page.criteria
    return Report(
        run=record.run,
        title=page.title,
        zone=page.runbook.time_zone,
        commit=record.values().get("commit", ""),
        page_hash=hashlib.sha256(record.run.text.encode()).hexdigest(),
        reason=ended_by.reason if ended_by else "",
        clock=data.t_plus(end),
        rollback_took=end - rollback.at if rollback else None,
        rollback_within=page.rollback.within,
        timeline=tuple(_timeline(data)),
        actions=person_actions(page, record, people),
        evidence=_evidence(record),
        fallen=tuple(_fallen(data)),
        steps=tuple(_steps(data)),
        alerts=alert_occurrences(data, told),
        go=_lines(page, record, criteria.go if criteria else []),
        no_go=_lines(page, record, criteria.no_go if criteria else [], sign=True),
        cleanup=cleanup_results(data),
        not_restored=rollback_losses(page, record),
        comparison=comparison(page, record, record.run.state),
        panels=panels(data),
        metrics=dora_metrics(history),
        names=names or {},
    )


def _evidence(record: Record) -> tuple[SignedEvidence, ...]:
    signed = (fact for fact in record.facts if isinstance(fact, Signature) and fact.evidence)
    different = {fact.evidence_hash: fact.evidence for fact in signed}
    return tuple(SignedEvidence(hash=key, items=items) for key, items in different.items())


def _fallen(data: RunData) -> Iterable[str]:
    """Each time that a step was asked for again, because its signatures no longer held, and why."""
    for step in data.page.steps:
        for attempt in data.attempts(step.id):
            if why := attempt.outcome.get("fell"):
                yield f"“{step.title}” was asked for again: {' '.join(why)}"


def _timeline(data: RunData) -> Iterable[TimelineEntry]:
    page = data.page
    planned_starts = [at for at, _ in timeline(page)]
    titles = [(step.id, step.title) for step in page.forward]
    titles += [(WATCH, "The watch")] if page.watch else []
    titles.append((DECISION, "KEEP or ROLLBACK"))
    for (step, title), planned in zip(titles, planned_starts, strict=True):
        yield _entry(data, step, title, planned)
    for step_id in (step.id for step in page.part(Part.ROLLBACK) if data.attempts(step.id)):
        yield _entry(data, step_id, page.step(step_id).title, None)


def _entry(data: RunData, step: str, title: str, planned: timedelta | None) -> TimelineEntry:
    attempts = data.attempts(step)
    if not attempts:
        return TimelineEntry(title=title, planned=planned, began=None, took=None, state=None)
    last = attempts[-1]
    began, ended_at, state = data.t_plus(attempts[0].began_at), last.ended_at, last.state
    rollback = data.record.rollback
    if state == AttemptState.RUNNING and rollback and step in {WATCH, DECISION}:
        ended_at, state = rollback.at, AttemptState.STOPPED  # a rollback leaves these attempts open in the record
    took = data.t_plus(ended_at) - began if ended_at else None
    return TimelineEntry(title=title, planned=planned, began=began, took=took, state=state)


def _steps(data: RunData) -> Iterable[StepReport]:
    for step in (*data.page.steps, *own_steps(data.page, data.record)):
        # an attempt that only asks again for signatures has the result of the one before it
        attempts = [attempt for attempt in data.attempts(step.id) if not attempt.is_repeat]
        watched = step.part == Part.WATCH
        failed = sum(attempt.state != AttemptState.DONE for attempt in attempts)
        for attempt in attempts[-1:] if watched else attempts:
            yield StepReport(
                title=step.title,
                part=STAGES[step.part],
                kind=step.box.kind,
                attempt=attempt.attempt,
                times=len(attempts) if watched else 1,
                bad=failed if watched else 0,
                state=attempt.state,
                began=data.t_plus(attempt.began_at),
                took=attempt.ended_at - attempt.began_at if attempt.ended_at else None,
                summary=attempt.summary,
                lines=tuple(str(line) for line in attempt.outcome.get("lines", ())),
            )


def _lines(
    page: Page, record: Record, criteria: Iterable[Criterion], *, sign: bool = False
) -> tuple[CriterionReport, ...]:
    return tuple(
        CriterionReport(
            text=criterion.text,
            holds=criterion_holds(page, record, criterion, sign=sign),
            by_people=not criterion.shown_by,
        )
        for criterion in criteria
    )

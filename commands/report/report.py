"""The report of a run as one value with every fact and no layout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from commands.progress.after_rollback import record_before_rollback, restored_at
from commands.progress.own_steps import own_steps
from commands.progress.step_state import AFTER_ROLLBACK, DECISION, WATCH, StepState, choice_of, state_of
from commands.report.alert_history import AlertOccurrence, alert_occurrences
from commands.report.charts import Panel, panels
from commands.report.comparison import Comparison, comparison
from commands.report.dora import Deploy, DoraMetrics, dora_metrics
from commands.report.drill_report import DrillReport, drill_report
from commands.report.left_behind import cleanup_results, rollback_losses
from commands.report.people import PersonAction, person_actions
from commands.report.run_data import RunData
from commands.report.stage import AFTER_STAGE
from commands.rollback.restored import TAKEN_BACK, not_undone
from commands.runbook.head_boxes import Criterion
from commands.runbook.page import STAGES, Page, PageStep, Part
from commands.runbook.people import People
from commands.runbook.plan import planned_starts, timeline
from commands.text.actors import actor_in_words
from commands.watch.criteria import criterion_holds
from state.facts import BOT, Actor, Choice, Evidence, Note, RunClosed, Signature
from state.frozen import dataclass
from state.records import Attempt, AttemptState, Event, Record, Run

_WENT_ON = {Choice.SKIP: "skipped", Choice.DONE: "fixed by hand"}


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of the timeline: planned and actual start (both T+), duration and result.

    `went_on` says how people let the run go on after a step that did not succeed; empty if they did not.
    """

    title: str
    planned: timedelta | None
    began: timedelta | None
    took: timedelta | None
    state: AttemptState | None
    went_on: str = ""


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """One attempt of a step with its output. A check of the watch has `times` samples, `bad` of them failed.

    `is_over`: it shows something about a version that was rolled back, so its result no longer counts.
    """

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
    is_over: bool = False


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

    `page_hash` is the SHA-256 of the run's page. With `rolled_back`, `go` and `no_go` are as before the rollback.
    `drill` is what only a drill shows.
    """

    run: Run
    title: str
    zone: str
    commit: str
    page_hash: str
    reason: str
    clock: timedelta
    rollback_took: timedelta | None
    rollback_by: str
    rollback_at: timedelta | None
    rollback_within: timedelta
    timeline: tuple[TimelineEntry, ...]
    actions: tuple[PersonAction, ...]
    evidence: tuple[SignedEvidence, ...]
    fallen: tuple[str, ...]
    steps: tuple[StepReport, ...]
    alerts: tuple[AlertOccurrence, ...]
    go: tuple[CriterionReport, ...]
    no_go: tuple[CriterionReport, ...]
    rolled_back: bool
    cleanup: tuple[str, ...]
    not_restored: tuple[str, ...]
    not_undone: tuple[str, ...]
    comparison: Comparison
    notes: tuple[Note, ...]
    panels: tuple[Panel, ...]
    metrics: DoraMetrics
    names: Mapping[str, str] = field(default_factory=dict)
    drill: DrillReport | None = None


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
    criteria, before = page.criteria, record_before_rollback(record)
    return Report(
        run=record.run,
        title=page.title,
        zone=page.runbook.time_zone,
        commit=record.values().get("commit", ""),
        page_hash=hashlib.sha256(record.run.text.encode()).hexdigest(),
        reason=ended_by.reason if ended_by else "",
        clock=data.t_plus(end),
        rollback_took=(restored_at(record) or end) - rollback.at if rollback else None,
        rollback_by=_in_words(rollback.by) if rollback else "",
        rollback_at=data.t_plus(rollback.at) if rollback else None,
        rollback_within=page.rollback.within,
        timeline=tuple(_timeline(data)),
        actions=person_actions(page, record, people),
        evidence=_evidence(record),
        fallen=tuple(_fallen(data)),
        steps=tuple(_steps(data)),
        alerts=alert_occurrences(data, told),
        go=_lines(page, before, criteria.go if criteria else []),
        no_go=_lines(page, before, criteria.no_go if criteria else [], sign=True),
        rolled_back=rollback is not None,
        cleanup=cleanup_results(data),
        not_restored=rollback_losses(page, record),
        not_undone=not_undone(page, record) if record.run.state in TAKEN_BACK else (),
        comparison=comparison(page, record, record.run.state),
        notes=tuple(fact for fact in record.facts if isinstance(fact, Note)),
        panels=panels(data),
        metrics=dora_metrics(history),
        names=names or {},
        drill=drill_report(data, told),
    )


def _in_words(by: Actor) -> str:
    return "the bot" if by.door is BOT.door else actor_in_words(by)


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
    starts = planned_starts(page)
    for step in page.forward:
        yield _entry(data, step.id, step.title, starts[step.id])
    phases = [(WATCH, "The watch")] if page.watch else []
    phases.append((DECISION, "KEEP or ROLLBACK"))
    for (phase, title), (planned, _) in zip(phases, timeline(page)[-len(phases) :], strict=True):
        yield _entry(data, phase, title, planned)
    for step_id in (step.id for step in page.part(Part.ROLLBACK) if data.attempts(step.id)):
        yield _entry(data, step_id, page.step(step_id).title, None)
    if data.attempts(AFTER_ROLLBACK):
        yield _entry(data, AFTER_ROLLBACK, AFTER_STAGE, None)


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
    return TimelineEntry(
        title=title, planned=planned, began=began, took=took, state=state, went_on=_went_on(data, step, last)
    )


def _went_on(data: RunData, step: str, last: Attempt) -> str:
    choice = choice_of(data.record, last)
    if choice not in _WENT_ON or state_of(data.page, data.record, data.page.step(step)) is not StepState.SETTLED:
        return ""
    return _WENT_ON[choice]


def _steps(data: RunData) -> Iterable[StepReport]:
    for step in (*data.page.steps, *own_steps(data.page, data.record)):
        # an attempt that only asks again for signatures has the result of the one before it
        attempts = [attempt for attempt in data.attempts(step.id) if not attempt.is_repeat]
        if step.part == Part.WATCH:
            before, after = _around_rollback(data, attempts)
            yield from _check_report(data, step, before, STAGES[step.part])
            yield from _check_report(data, step, after, AFTER_STAGE)
        else:
            yield from (_step_report(data, step, attempt, STAGES[step.part]) for attempt in attempts)


def _around_rollback(data: RunData, samples: list[Attempt]) -> tuple[list[Attempt], list[Attempt]]:
    """The samples before a rollback, and those of the watch after it."""
    began = data.record.last(AFTER_ROLLBACK)
    after = [sample for sample in samples if began and sample.began_at >= began.began_at]
    return samples[: len(samples) - len(after)], after


def _check_report(data: RunData, step: PageStep, samples: list[Attempt], part: str) -> Iterable[StepReport]:
    failed = sum(sample.state != AttemptState.DONE for sample in samples)
    for newest in samples[-1:]:
        yield replace(_step_report(data, step, newest, part), times=len(samples), bad=failed)


def _step_report(data: RunData, step: PageStep, attempt: Attempt, part: str) -> StepReport:
    shows = step.part in {Part.SMOKE_TESTS, Part.WATCH} and part != AFTER_STAGE
    return StepReport(
        title=step.title,
        part=part,
        kind=step.box.kind,
        attempt=attempt.attempt,
        times=1,
        bad=0,
        state=attempt.state,
        began=data.t_plus(attempt.began_at),
        took=attempt.ended_at - attempt.began_at if attempt.ended_at else None,
        summary=attempt.summary,
        lines=tuple(str(line) for line in attempt.outcome.get("lines", ())),
        is_over=shows and data.record.rollback is not None,
    )


def _lines(
    page: Page, record: Record, criteria: Iterable[Criterion], *, sign: bool = False
) -> tuple[CriterionReport, ...]:
    return tuple(
        CriterionReport(
            text=criterion.text,
            holds=criterion_holds(page, record, criterion, sign=sign),
            by_people=criterion.for_people,
        )
        for criterion in criteria
    )

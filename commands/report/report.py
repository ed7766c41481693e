"""The report of a run as one value, made from its page, its record and its events; it holds every fact and no layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commands.progress.clock import moment
from commands.progress.step_state import DECISION, WATCH
from commands.report.alert_history import Rang, rang
from commands.report.charts import Panel, panels
from commands.report.delivery import Deploy, Figures, figures
from commands.report.left_behind import cleaned, not_brought_back
from commands.report.reading import Reading
from commands.runbook.page import STAGES, Criterion, Page
from commands.runbook.people import People, roles_of
from commands.runbook.plan import timeline
from commands.watch.countdown import HELD
from commands.watch.criteria import holds
from state.records import DONE, RUNNING, STOPPED, Event, Fact, Record, Run

SAID = ("sign", "answer", "second", "hold", "resume", "rollback", "keep", "end", HELD)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One line of the timeline: when it was planned and when it began (both T+), how long it took, and how it ended."""

    title: str
    planned: timedelta | None
    began: timedelta | None
    took: timedelta | None
    state: str


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something a person (or the bot) said: a sign-off, an answer, a hold, a rollback, KEEP. `role` is its title."""

    at: datetime
    person: str
    role: str
    what: str
    title: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """One attempt at a step with its telling output; for a check of the watch the newest of its `times` attempts."""

    title: str
    part: str
    kind: str
    attempt: int
    times: int
    bad: int
    state: str
    began: timedelta
    took: timedelta | None
    says: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
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
    moments: tuple[Moment, ...]
    said: tuple[Said, ...]
    steps: tuple[Told, ...]
    alerts: tuple[Rang, ...]
    go: tuple[Line, ...]
    no_go: tuple[Line, ...]
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
    reading = Reading(page, record)
    rollback = record.fact("rollback")
    end = record.run.ended_at or now
    why = rollback or record.fact("end")
    criteria = page.criteria
    return Report(
        run=record.run,
        title=page.title,
        zone=page.runbook.time_zone,
        commit=record.values().get("commit", ""),
        reason=why.reason if why else "",
        clock=reading.t_plus(end),
        rollback_took=end - moment(record, rollback) if rollback else None,
        rollback_within=page.rollback.within,
        moments=tuple(_moments(reading)),
        said=tuple(_said(page, fact, people) for fact in record.facts if fact.kind in SAID),
        steps=tuple(_steps(reading)),
        alerts=rang(reading, events),
        go=_lines(page, record, criteria.go if criteria else []),
        no_go=_lines(page, record, criteria.no_go if criteria else [], sign=True),
        cleaned=cleaned(reading),
        not_brought_back=not_brought_back(page, record),
        panels=panels(reading),
        figures=figures(history),
        names=names or {},
    )


def _moments(reading: Reading) -> Iterable[Moment]:
    page = reading.page
    begins = [at for at, _ in timeline(page)]
    titles = [(step.id, step.title) for step in page.forward]
    titles += [(WATCH, "The watch")] if page.watch else []
    titles.append((DECISION, "KEEP or ROLLBACK"))
    for (step, title), planned in zip(titles, begins, strict=True):
        yield _moment(reading, step, title, planned)
    for step_id in (step.id for step in page.part("rollback") if reading.attempts(step.id)):
        yield _moment(reading, step_id, page.step(step_id).title, None)


def _moment(reading: Reading, step: str, title: str, planned: timedelta | None) -> Moment:
    rows = reading.attempts(step)
    if not rows:
        return Moment(title=title, planned=planned, began=None, took=None, state="")
    began, end, state = reading.t_plus(rows[0].began_at), rows[-1].ended_at, rows[-1].state
    back = reading.record.fact("rollback")
    if state == RUNNING and back and step in {WATCH, DECISION}:
        end, state = back.at, STOPPED  # its row stays open: a rollback only goes another way
    took = reading.t_plus(end) - began if end else None
    return Moment(title=title, planned=planned, began=began, took=took, state=state)


def _said(page: Page, fact: Fact, people: People) -> Said:
    titles = {step.id: step.title for step in page.steps}
    held = [fact.role] if fact.role else sorted(roles_of(fact.person, people))
    roles = [page.roles[role].title if role in page.roles else role for role in held]
    what, title = f"{fact.kind} {fact.said}".strip(), titles.get(fact.step, fact.step)
    if fact.step == DECISION:
        what, title = f"{fact.kind} keep", ""
    elif fact.kind == HELD:
        what, title = HELD, f"“{fact.step}” for {fact.said}"
    return Said(
        at=fact.at,
        person=fact.person,
        role=", ".join(roles),
        what=what,
        title=title,
        reason=fact.reason,
    )


def _steps(reading: Reading) -> Iterable[Told]:
    for step in reading.page.steps:
        mine = reading.attempts(step.id)
        bad = sum(row.state != DONE for row in mine)
        for row in mine[-1:] if step.part == "watch" else mine:
            yield Told(
                title=step.title,
                part=STAGES[step.part],
                kind=step.box.kind,
                attempt=row.attempt,
                times=len(mine) if step.part == "watch" else 1,
                bad=bad if step.part == "watch" else 0,
                state=row.state,
                began=reading.t_plus(row.began_at),
                took=row.ended_at - row.began_at if row.ended_at else None,
                says=row.says,
                lines=tuple(str(line) for line in row.outcome.get("lines", ())),
            )


def _lines(page: Page, record: Record, criteria: Iterable[Criterion], *, sign: bool = False) -> tuple[Line, ...]:
    return tuple(
        Line(text=one.text, holds=holds(page, record, one, sign=sign), by_people=not one.shown_by) for one in criteria
    )

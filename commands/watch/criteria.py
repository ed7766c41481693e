"""The success criteria held against the record: which GO lines hold and on what evidence, and which NO-GO signs are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from commands.progress.step_state import answer_to, missing_signatures, signatures
from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Criterion, Page, PageStep, Part
from commands.text.durations import format_duration
from commands.watch.alerts import has_enough, has_value, samples
from commands.watch.baseline import baseline_value
from commands.watch.verdicts import INCONCLUSIVE, check_verdict, nothing_new
from state.facts import Choice
from state.records import Attempt, AttemptState, Record


class Mark(StrEnum):
    """How a criterion stands: nothing shows it yet ("open"), or people answer for it."""

    GO = "go"
    NO_GO = "no-go"
    OPEN = "open"
    PEOPLE = "people"


@dataclass(frozen=True, kw_only=True)
class CriterionStatus:
    """One line of the panel: `mark` is how it stands.

    `evidence` is what shows it, in a few words, as of `at`; `by` are the people on whose word it is shown, in place of
    the bot. `sign` says that it is a NO-GO line of the page.
    """

    text: str
    mark: Mark
    evidence: str
    at: datetime | None = None
    sign: bool = False
    by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    good: bool | None
    summary: str
    at: datetime | None = None
    by: str = ""


def criteria_status(page: Page, record: Record) -> tuple[CriterionStatus, ...]:
    """The panel: every GO line with its evidence, and each NO-GO sign that is there, the signs first."""
    if not page.criteria:
        return ()
    lines = [_line(page, record, one) for one in page.criteria.go]
    signs = [_line(page, record, one, sign=True) for one in page.criteria.no_go]
    return (*(one for one in signs if one.mark == Mark.NO_GO), *lines)


def criterion_holds(page: Page, record: Record, criterion: Criterion, *, sign: bool = False) -> bool | None:
    """Whether all that shows a criterion is good; None where nothing shows it (yet), so that people must look."""
    found = [_evidence(page, record, criterion, name, sign=sign).good for name in criterion.shown_by]
    if False in found:
        return False
    return None if not found or None in found else True


def _line(page: Page, record: Record, criterion: Criterion, *, sign: bool = False) -> CriterionStatus:
    if not criterion.shown_by:
        return CriterionStatus(text=criterion.text, mark=Mark.PEOPLE, evidence="people answer for it", sign=sign)
    found = [_evidence(page, record, criterion, name, sign=sign) for name in criterion.shown_by]
    bad = [one for one in found if one.good is False]
    missing = [one for one in found if one.good is None]
    said = bad or missing or found
    mark = Mark.NO_GO if bad else Mark.OPEN if missing else Mark.GO
    times = [one.at for one in found if one.at]
    by = tuple(dict.fromkeys(one.by for one in found if one.by))
    summary = said[0].summary
    if mark == Mark.GO and len(found) > 2:
        summary = "; ".join([f"{len(found)} of {len(found)} passed", *(one.summary for one in found if one.by)])
    return CriterionStatus(
        text=criterion.text, mark=mark, evidence=summary, at=max(times, default=None), sign=sign, by=by
    )


def _evidence(page: Page, record: Record, criterion: Criterion, name: str, *, sign: bool) -> _Evidence:
    """What shows that a step or an alert is good: a step its newest attempt, a check of the watch every one.

    A GO line is good within all limits. A sign of NO-GO is there beyond a limit, not where a person decides.
    """
    judge = _Judge(page, record, above=criterion.above, warns=not sign)
    for alert in page.alerts:
        if alert.name == name:
            return _of_alert(judge, alert)
    step = page.step(name)
    rows = [row for row in record.attempts if row.step == name and row.state != AttemptState.RUNNING]
    if not rows:
        return _Evidence(good=None, summary="not measured yet")
    last = rows[-1]
    if step.part == Part.WATCH and step.box.asks_people:
        return _answered(record, step, last)
    if step.part != Part.WATCH:
        return _of_step(record, step, last)
    if criterion.within:
        return _lately(record, step, rows, criterion.within)
    return _of_check(judge, step, rows)


@dataclass(frozen=True)
class _Judge:
    """By what a line is judged: the limits of the alert table or its own, and whether a warning speaks against it."""

    page: Page
    record: Record
    above: float | None = None
    warns: bool = True

    def beyond(self, alert: AlertRule, row: Attempt) -> bool:
        """Whether what an attempt measured speaks against the line."""
        value = row.measures[alert.measure]
        if self.above is not None:
            return value > self.above
        was = baseline_value(self.page, self.record, alert)
        return alert.level_of(value, was) in ({"alert", "warning"} if self.warns else {"alert"})


def _of_step(record: Record, step: PageStep, row: Attempt) -> _Evidence:
    """A step by its newest attempt; what a person did in its stead, and said so, counts as well."""
    answer = answer_to(record, row)
    if row.state != AttemptState.DONE and answer and answer.choice is Choice.DONE:
        summary = f"“{step.title}” was done by hand: {answer.reason}"
        return _Evidence(good=True, summary=summary, at=answer.at, by=answer.person)
    return _Evidence(good=row.state == AttemptState.DONE, summary=row.summary, at=row.at)


def _answered(record: Record, step: PageStep, row: Attempt) -> _Evidence:
    """A question of the watch, by its newest answer."""
    said = signatures(record, row)
    at = said[-1].at if said else row.began_at
    if no := [signature for signature in said if signature.refused]:
        return _Evidence(good=False, summary=f"refused: {no[-1].reason}", at=at)
    if missing := missing_signatures(record, step, row):
        return _Evidence(good=None, summary=f"nobody has answered as {', '.join(missing)} yet", at=row.began_at)
    return _Evidence(good=True, summary="answered: yes", at=at)


def _lately(record: Record, step: PageStep, rows: list[Attempt], within: timedelta) -> _Evidence:
    """A check by its looks of the last time alone; of a log, by what was new then."""
    last = rows[-1]
    since = last.began_at - within / record.run.speed
    late = [row for row in rows if row.began_at > since]
    at = last.at
    bad = [
        row
        for row in late
        if row.state != AttemptState.DONE and not row.inconclusive and not nothing_new(step, row, rows)
    ]
    if bad:
        return _Evidence(good=False, summary=bad[-1].summary, at=bad[-1].at)
    if last.inconclusive:
        return _Evidence(good=None, summary=f"could not ask: {last.summary}", at=at)
    often = f"{len(late)} look{'s' if len(late) > 1 else ''}"
    return _Evidence(good=True, summary=f"nothing new in {often} of the last {format_duration(within)}", at=at)


def _of_check(judge: _Judge, step: PageStep, rows: list[Attempt]) -> _Evidence:
    """A check of the watch: one bad look makes it NO-GO; a newest look that told nothing leaves it open."""
    at = rows[-1].at
    if bad := [row for row in rows if row.state != AttemptState.DONE and not row.inconclusive]:
        often = f" ({len(bad)} of {len(rows)} looks)" if len(rows) > 1 else ""
        return _Evidence(good=False, summary=f"{bad[-1].summary}{often}", at=bad[-1].at)
    found = check_verdict(judge.page, judge.record, step)
    if found is None or found.verdict in INCONCLUSIVE:
        return _Evidence(good=None, summary=f"{found.verdict}: {found.summary}" if found else "not measured yet", at=at)
    limits = [alert for alert in judge.page.alerts if alert.check == step.id and not alert.expected]
    beyond = [one for alert in limits if (one := _within(judge, alert, rows)).good is False]
    if beyond:
        return beyond[0]
    often = f", {len(rows)} looks" if len(rows) > 1 else ""
    return _Evidence(good=True, summary=f"{found.summary.rstrip('.')}{often}", at=at)


def _of_alert(judge: _Judge, alert: AlertRule) -> _Evidence:
    """A row of the alert table; where another row judges in its stead, both are shown, and silence is never good by itself."""
    page, record = judge.page, judge.record
    seen = samples(record, alert.check)
    own = _within(judge, alert, seen)
    instead = next((one for one in page.alerts if one.name == alert.otherwise), None)
    if instead is None:
        return own
    made = samples(record, instead.check)
    other = (
        _of_check(replace(judge, above=None), page.step(instead.check), made)
        if made
        else _Evidence(good=None, summary="not measured yet")
    )
    good = False if False in {own.good, other.good} else own.good if has_value(alert, record) else other.good
    names = [page.step(one.check).title.rpartition(": ")[2] for one in (alert, instead)]
    said = own.summary if own.good is not None or not seen else "too little to judge by"
    often = f" ({sum(has_enough(alert, row) for row in seen)} of {len(seen)} looks had enough)" if seen else ""
    summary = f"{names[0]}: {said}{often}; {names[1]}: {other.summary}"
    return _Evidence(good=good, summary=summary, at=max((one.at for one in (own, other) if one.at), default=None))


def _within(judge: _Judge, alert: AlertRule, rows: list[Attempt]) -> _Evidence:
    """Whether every value of an alert's measure was within the limits, with the worst of them."""
    measured = [row for row in rows if has_enough(alert, row)]
    if not measured:
        return _Evidence(good=None, summary="not measured yet")
    bad = [row for row in measured if judge.beyond(alert, row)]
    last = (bad or measured)[-1]
    summary = alert.format_value(last.measures[alert.measure])
    words = (
        f"{summary}, {len(bad)} of {len(measured)} looks beyond its limits" if bad else f"{summary}, within its limits"
    )
    return _Evidence(good=not bad, summary=words, at=last.at)

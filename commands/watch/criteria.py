"""The GO / NO-GO criteria: which are met, which NO-GO signs are present, and on what evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from commands.progress.step_state import fix_by_hand, missing_signatures, signatures
from commands.runbook.alert_rule import AlertRule
from commands.runbook.head_boxes import Criterion
from commands.runbook.page import Page, PageStep, Part
from commands.text.durations import format_duration
from commands.text.phrases import short_title
from commands.watch.alert_count import count_alerts
from commands.watch.alerts import count_of_samples, has_enough, has_value, samples
from commands.watch.baseline import baseline_value
from commands.watch.verdicts import INCONCLUSIVE, Verdict, check_verdict, nothing_new
from state.frozen import dataclass
from state.records import Attempt, AttemptState, Record

NOT_MEASURED = "not measured yet"


class Mark(StrEnum):
    """How a criterion stands.

    OPEN means that nothing shows it yet, PEOPLE that a person must judge it, and LEFT that the decision was made
    without it.
    """

    GO = "go"
    NO_GO = "no-go"
    OPEN = "open"
    PEOPLE = "people"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True)
class CriterionStatus:
    """One line of the GO / NO-GO panel.

    `evidence` is what shows the mark, in a few words, as of `at`. `by` are the people who answered in place of the
    bot. `sign` is True for a NO-GO line of the page.
    """

    text: str
    mark: Mark
    evidence: str
    at: datetime | None = None
    sign: bool = False
    by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """What one step, check or alert shows; `good` is None where it shows nothing yet."""

    good: bool | None
    summary: str
    at: datetime | None = None
    by: str = ""


def criteria_status(page: Page, record: Record) -> tuple[CriterionStatus, ...]:
    """The panel's lines: first the NO-GO signs that are present, then every GO line with its evidence."""
    if not page.criteria:
        return ()
    lines = [_line(page, record, criterion) for criterion in page.criteria.go]
    signs = [_line(page, record, criterion, sign=True) for criterion in page.criteria.no_go]
    shown = (*(line for line in signs if line.mark == Mark.NO_GO), *lines)
    is_decided = record.keep or record.rollback or not record.run.active
    return tuple(map(_without_question, shown)) if is_decided else shown


def _without_question(line: CriterionStatus) -> CriterionStatus:
    """The line once the run is decided: nobody is asked any more, and nothing is measured."""
    if line.mark == Mark.PEOPLE:
        return replace(line, mark=Mark.LEFT, evidence="left to whoever decided")
    if line.mark != Mark.OPEN:
        return line
    return replace(line, mark=Mark.LEFT, evidence="not measured" if line.evidence == NOT_MEASURED else line.evidence)


def criterion_holds(page: Page, record: Record, criterion: Criterion, *, sign: bool = False) -> bool | None:
    """Whether all evidence for a criterion is good. None where some is missing, so that people must judge."""
    results = [one.good for one in _all_evidence(page, record, criterion, sign=sign)]
    if False in results:
        return False
    return None if not results or None in results else True


def _line(page: Page, record: Record, criterion: Criterion, *, sign: bool = False) -> CriterionStatus:
    if criterion.for_people:
        return CriterionStatus(text=criterion.text, mark=Mark.PEOPLE, evidence="a person must judge this")
    evidence = _all_evidence(page, record, criterion, sign=sign)
    bad = [one for one in evidence if one.good is False]
    missing = [one for one in evidence if one.good is None]
    mark = Mark.NO_GO if bad else Mark.OPEN if missing else Mark.GO
    times = [one.at for one in evidence if one.at]
    by = tuple(dict.fromkeys(one.by for one in evidence if one.by))
    summary = (bad or missing or evidence)[0].summary
    if mark == Mark.GO and len(evidence) > 2:
        passed = f"{len(evidence)} of {len(evidence)} passed"
        summary = "; ".join([passed, *(one.summary for one in evidence if one.by)])
    return CriterionStatus(
        text=criterion.text, mark=mark, evidence=summary, at=max(times, default=None), sign=sign, by=by
    )


def _all_evidence(page: Page, record: Record, criterion: Criterion, *, sign: bool) -> list[_Evidence]:
    alerts = [] if criterion.max_alerts is None else [_of_alerts(page, record, criterion.max_alerts)]
    return [*alerts, *(_evidence(page, record, criterion, name, sign=sign) for name in criterion.shown_by)]


def _of_alerts(page: Page, record: Record, most: int) -> _Evidence:
    good, summary = count_alerts(page, record).judged(most)
    return _Evidence(good=good, summary=summary or NOT_MEASURED)


def _evidence(page: Page, record: Record, criterion: Criterion, name: str, *, sign: bool) -> _Evidence:
    """What the step, check or alert of this name shows: a step by its newest attempt, a check by all its samples.

    A GO line is met while every value is within all limits. A NO-GO sign is present only over the alert limit, not in
    the warning band, where a person decides.
    """
    limits = _Limits(page, record, above=criterion.above, warnings_count=not sign)
    for alert in page.alerts:
        if alert.name == name:
            return _of_alert(limits, alert)
    step = page.step(name)
    attempts = [one for one in record.attempts if one.step == name and one.state != AttemptState.RUNNING]
    if not attempts:
        return _Evidence(good=None, summary=NOT_MEASURED)
    if step.part == Part.WATCH and step.box.asks_people:
        return _of_question(page, record, step, attempts[-1])
    if step.part != Part.WATCH:
        return _of_step(page, record, step, attempts[-1])
    if criterion.within:
        return _of_recent_samples(record, step, attempts, criterion.within)
    return _of_check(limits, step, attempts)


@dataclass(frozen=True)
class _Limits:
    """The limits that judge a criterion: its own `above`, else those of the alert table, with or without warnings."""

    page: Page
    record: Record
    above: float | None = None
    warnings_count: bool = True

    def crossed_by(self, alert: AlertRule, sample: Attempt) -> bool:
        """Whether a sample's value counts against the criterion."""
        value = sample.measures[alert.measure]
        if self.above is not None:
            return value > self.above
        level = alert.level_of(value, baseline_value(self.page, self.record, alert))
        return level == "alert" or (level == "warning" and self.warnings_count)


def _of_step(page: Page, record: Record, step: PageStep, attempt: Attempt) -> _Evidence:
    """A step by its newest attempt. A failure that a person fixed by hand is good, and names the person."""
    if fix := fix_by_hand(page, record, step, attempt):
        summary = f"“{step.title}” was fixed by hand: {fix.reason}"
        return _Evidence(good=True, summary=summary, at=fix.at, by=fix.person)
    return _Evidence(good=attempt.state == AttemptState.DONE, summary=attempt.summary, at=attempt.at)


def _of_question(page: Page, record: Record, step: PageStep, attempt: Attempt) -> _Evidence:
    """A question of the watch, by the answers to its newest attempt."""
    answers = signatures(record, attempt)
    at = answers[-1].at if answers else attempt.began_at
    if refusals := [answer for answer in answers if answer.refused]:
        return _Evidence(good=False, summary=f"refused: {refusals[-1].reason}", at=at)
    if missing := missing_signatures(record, step, attempt):
        titles = ", ".join(page.roles[role].title for role in missing)
        return _Evidence(good=None, summary=f"waiting for an answer from {titles}", at=attempt.began_at)
    return _Evidence(good=True, summary="answered: yes", at=at)


def _of_recent_samples(record: Record, step: PageStep, finished: list[Attempt], within: timedelta) -> _Evidence:
    """A check by its samples of the last `within` (in the watch's time); of a log, only new lines count."""
    last = finished[-1]
    since = last.began_at - within / record.run.speed
    recent = [sample for sample in finished if sample.began_at > since]
    failures = [sample for sample in recent if sample.state != AttemptState.DONE and not sample.inconclusive]
    bad = [sample for sample in failures if not nothing_new(step, sample, finished)]
    if bad:
        return _Evidence(good=False, summary=bad[-1].summary, at=bad[-1].at)
    if last.inconclusive:
        return _Evidence(good=None, summary=f"{Verdict.UNREACHABLE}: {last.summary}", at=last.at)
    summary = f"nothing new in {count_of_samples(len(recent))} over the last {format_duration(within)}"
    return _Evidence(good=True, summary=summary, at=last.at)


def _of_check(limits: _Limits, step: PageStep, finished: list[Attempt]) -> _Evidence:
    """A check of the watch: one failed sample makes it NO-GO. It is open while its newest sample gave no data."""
    at = finished[-1].at
    total = count_of_samples(len(finished))
    if bad := [sample for sample in finished if sample.state != AttemptState.DONE and not sample.inconclusive]:
        counts = f" ({total}, {len(bad)} failed)" if len(finished) > 1 else ""
        return _Evidence(good=False, summary=f"{bad[-1].summary}{counts}", at=bad[-1].at)
    newest = check_verdict(limits.page, limits.record, step)
    if newest is None or newest.verdict in INCONCLUSIVE:
        summary = f"{newest.verdict}: {newest.summary}" if newest else NOT_MEASURED
        return _Evidence(good=None, summary=summary, at=at)
    rules = [alert for alert in limits.page.alerts if alert.check == step.id and not alert.expected]
    results = [_of_values(limits, alert, finished) for alert in rules]
    if over := [result for result in results if result.good is False]:
        return over[0]
    counts = f" ({total})" if len(finished) > 1 else ""
    return _Evidence(good=True, summary=f"{newest.summary.rstrip('.')}{counts}", at=at)


def _of_alert(limits: _Limits, alert: AlertRule) -> _Evidence:
    """An alert rule by its values. With a stand-in rule both are shown, and missing data alone is never good."""
    page, record = limits.page, limits.record
    finished = samples(record, alert.check)
    own = _of_values(limits, alert, finished)
    stand_in = next((rule for rule in page.alerts if rule.name == alert.otherwise), None)
    if stand_in is None:
        return own
    other = _Evidence(good=None, summary=NOT_MEASURED)
    if stand_in_samples := samples(record, stand_in.check):
        # the criterion's own limit is for its own measure, not for the stand-in's
        other = _of_check(replace(limits, above=None), page.step(stand_in.check), stand_in_samples)
    good = False if False in {own.good, other.good} else own.good if has_value(alert, record) else other.good
    title, other_title = [short_title(page.step(rule.check).title) for rule in (alert, stand_in)]
    summary = own.summary if own.good is not None or not finished else "too little data"
    enough = sum(has_enough(alert, sample) for sample in finished)
    counts = f" ({enough} of {count_of_samples(len(finished))} had enough data)" if finished else ""
    return _Evidence(
        good=good,
        summary=f"{title}{counts}: {summary}; {other_title}: {other.summary}",
        at=max((one.at for one in (own, other) if one.at), default=None),
    )


def _of_values(limits: _Limits, alert: AlertRule, finished: list[Attempt]) -> _Evidence:
    """Whether every value of an alert's measure was within the limits, with the newest bad one, or else the newest."""
    measured = [sample for sample in finished if has_enough(alert, sample)]
    if not measured:
        return _Evidence(good=None, summary=NOT_MEASURED)
    bad = [sample for sample in measured if limits.crossed_by(alert, sample)]
    last = (bad or measured)[-1]
    value = alert.format_value(last.measures[alert.measure])
    if not bad:
        return _Evidence(good=True, summary=f"{value}, within the limit", at=last.at)
    side = "under" if limits.above is None and alert.above is None and alert.warn_above is None else "over"
    summary = f"{value} ({count_of_samples(len(measured))}, {len(bad)} {side} the limit)"
    return _Evidence(good=False, summary=summary, at=last.at)

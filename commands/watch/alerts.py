"""Applies the alert table: which alerts and warnings a check's samples raise now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.watch.baseline import baseline_value
from state.frozen import dataclass
from state.records import Attempt, AttemptState, Record, RunState


@dataclass(frozen=True, kw_only=True)
class RaisedAlert:
    """An alert rule that the newest samples of its check raise.

    `level` is "alert" or "warning". `value` is what the newest sample measured, and `attempt` is that sample's number.
    `baseline` is the value before the deploy, or None where it is unknown. `deferred_to` is the rule that this one
    stands in for, if that rule has enough data to judge by itself; then this one only warns.
    """

    alert: AlertRule
    level: str
    value: float
    attempt: int
    baseline: float | None = None
    deferred_to: AlertRule | None = None

    @property
    def rule(self) -> str:
        """The limit that was crossed, in words."""
        limit = self.alert.warn_above
        if limit is not None and self.alert.level_of(self.value, self.baseline) == "warning":
            return f"a person decides above {self.alert.format_value(limit)}"
        return self.alert.rule

    @property
    def was_bad(self) -> bool:
        """Whether the value was over the limit before the deploy too, so that a rollback would not fix it."""
        return (
            self.baseline is not None
            and self.alert.outside_limits(self.baseline)
            and self.alert.outside_limits(self.value)
        )

    @property
    def summary(self) -> str:
        """The value, its limit and its baseline in one line."""
        baseline = f"; {self.alert.format_value(self.baseline)} before the deploy" if self.baseline is not None else ""
        deferred = f"; “{self.deferred_to.name}” has enough data, so this only warns" if self.deferred_to else ""
        return f"{self.alert.format_value(self.value)} (limit: {self.rule}{baseline}{deferred})"


def alerts_raised_by(page: Page, record: Record, check: str) -> tuple[RaisedAlert, ...]:
    """The alerts and warnings that the newest samples of one check raise. An `expected` rule raises none."""
    rules = (alert for alert in page.alerts if alert.check == check and not alert.expected)
    return tuple(raised for alert in rules if (raised := _raised(page, alert, record)))


def alerts_for_rollback(page: Page, record: Record) -> Iterator[RaisedAlert]:
    """The raised alerts whose action is to roll back, in the order of their checks in the table."""
    if record.run.state != RunState.GOING:
        return
    for check in dict.fromkeys(alert.check for alert in page.alerts):
        for raised in alerts_raised_by(page, record, check):
            if raised.level == "alert" and raised.alert.action == "roll back":
                yield raised


def has_enough(alert: AlertRule, sample: Attempt) -> bool:
    """Whether a sample has this rule's measure, and enough data behind it (the rule's `enough`)."""
    measured = sample.state in {AttemptState.DONE, AttemptState.FAILED} and alert.measure in sample.measures
    return measured and all(sample.measures.get(name, 0) >= least for name, least in alert.enough.items())


def raises_any_alert(page: Page, record: Record, sample: Attempt) -> bool:
    """Whether this one sample crosses the limit of any rule of the alert table, so that the table calls people."""
    rules = [alert for alert in page.alerts if alert.check == sample.step and not alert.expected]
    judging = [alert for alert in rules if has_enough(alert, sample)]
    return any(_level(alert, sample, baseline_value(page, record, alert)) != "ok" for alert in judging)


def samples(record: Record, step: str) -> list[Attempt]:
    """The finished samples of one check, oldest first. A sample that was stopped does not count."""
    unfinished = {AttemptState.RUNNING, AttemptState.STOPPED}
    return [attempt for attempt in record.attempts if attempt.step == step and attempt.state not in unfinished]


def samples_with_value(record: Record, alert: AlertRule) -> list[Attempt]:
    """The samples that give a rule a value, oldest first."""
    return [attempt for attempt in record.attempts if attempt.step == alert.check and has_enough(alert, attempt)]


def has_value(alert: AlertRule, record: Record) -> bool:
    """Whether the newest sample of the rule's check gives it a value."""
    newest = samples(record, alert.check)[-1:]
    return bool(newest) and has_enough(alert, newest[0])


def deferred_to(page: Page, record: Record, alert: AlertRule) -> AlertRule | None:
    """The rule that this one stands in for, if that rule has enough data to judge by itself now."""
    return next((rule for rule in page.alerts if rule.otherwise == alert.name and has_value(rule, record)), None)


def count_of_samples(count: int) -> str:
    """A number of samples in words: "1 sample", "5 samples"."""
    return f"{count} sample" if count == 1 else f"{count} samples"


def _raised(page: Page, alert: AlertRule, record: Record) -> RaisedAlert | None:
    baseline = baseline_value(page, record, alert)
    measured = samples_with_value(record, alert)
    newest = measured[-alert.in_a_row :]
    if not newest:
        return None
    last = newest[-1]
    agree = len(newest) == alert.in_a_row and all(_level(alert, sample, baseline) == "alert" for sample in newest)
    in_a_row = agree and all(_adjacent(page, record, *pair) for pair in pairwise(newest))
    warning = RaisedAlert(
        alert=alert, level="warning", value=last.measures[alert.measure], attempt=last.attempt, baseline=baseline
    )
    if in_a_row and _long_enough(page, alert, record, measured, baseline) and not warning.was_bad:
        deferred = deferred_to(page, record, alert)
        return replace(warning, deferred_to=deferred) if deferred else replace(warning, level="alert")
    return warning if _level(alert, last, baseline) != "ok" else None


def _level(alert: AlertRule, sample: Attempt, baseline: float | None) -> str:
    return alert.level_of(sample.measures[alert.measure], baseline)


def _adjacent(page: Page, record: Record, earlier: Attempt, later: Attempt) -> bool:
    """Whether no due sample is missing between two samples. While a long sample runs, the due times pass unused."""
    every = page.step(earlier.step).box.every
    if every is None:
        return True
    lasted = max(earlier.at - earlier.began_at, timedelta(0)) * record.run.speed
    return later.attempt - earlier.attempt <= 1 + int(lasted / every)  # a sample's number is that of its due time


def _long_enough(page: Page, alert: AlertRule, record: Record, measured: list[Attempt], baseline: float | None) -> bool:
    """Whether the newest samples agree without a gap for as long as the rule's `lasting` says."""
    if alert.lasting is None:
        return True
    later, newest = measured[-1], measured[-1].began_at
    for sample in reversed(measured):
        if _level(alert, sample, baseline) != "alert" or not _adjacent(page, record, sample, later):
            return False
        if (newest - sample.began_at) * record.run.speed >= alert.lasting:
            return True
        later = sample
    return False

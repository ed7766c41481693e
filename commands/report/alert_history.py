"""The alerts and warnings of a run, and how each ended."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from commands.report.run_data import RunData
from commands.runbook.alert_rule import AlertRule
from commands.text.durations import format_duration
from state.events import AlertRaised, EventKind, WarningRaised
from state.facts import AlertHold
from state.frozen import dataclass
from state.records import Event

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class AlertOccurrence:
    """An alert or a warning: its time as T+, the measured value in words, the limit it crossed, and how it ended."""

    at: timedelta
    level: str
    name: str
    value: str
    rule: str
    ended: str


def alert_occurrences(data: RunData, events: Iterable[Event]) -> tuple[AlertOccurrence, ...]:
    """Every alert and warning, in order. One that lasted over several samples appears once."""
    rules = {alert.name: alert for alert in data.page.alerts}
    recoveries = {alert.name: _within_limit(data, alert) for alert in data.page.alerts}
    occurrences: list[AlertOccurrence] = []
    last_end: dict[tuple[EventKind, str], datetime] = {}
    for event in events:
        alert = event.data
        if not isinstance(alert, WarningRaised):
            continue
        rule = rules.get(alert.name)
        ended_at, ended = _end(data, event.at, alert, rule, recoveries.get(alert.name, []))
        if last_end.get((alert.kind, alert.name)) == ended_at:
            continue
        last_end[alert.kind, alert.name] = ended_at
        occurrences.append(
            AlertOccurrence(
                at=data.t_plus(event.at),
                level=alert.kind,
                name=alert.name,
                value=_in_words(rule, alert.value),
                rule=alert.rule,
                ended=ended,
            )
        )
    return tuple(occurrences)


def _within_limit(data: RunData, alert: AlertRule) -> list[tuple[datetime, float]]:
    """The measurements of an alert's measure that were within the limit, oldest first."""
    measured = data.measurements(alert.check, alert.measure)
    return [(at, value) for at, value, _ in measured if data.level(alert, value) == "ok"]


def _end(
    data: RunData, at: datetime, alert: WarningRaised, rule: AlertRule | None, recoveries: list[tuple[datetime, float]]
) -> tuple[datetime, str]:
    """When an alert that was raised at `at` ended (NEVER if it did not), and how in words."""
    rollback = data.record.rollback
    number = alert.number if isinstance(alert, AlertRaised) else 0
    hold = data.record.newest(AlertHold, alert=alert.name, number=number)
    if hold:
        lasts, when = format_duration(hold.lasts), format_duration(data.t_plus(hold.at))
        return hold.at, f"held as a false alarm for {lasts} at T+{when}: {hold.reason}"
    following = bisect_right(recoveries, at, key=lambda recovery: recovery[0])
    if following < len(recoveries) and (rollback is None or recoveries[following][0] < rollback.at):
        since, value = recoveries[following]
        return since, f"back within the limit at T+{format_duration(data.t_plus(since))}: {_in_words(rule, value)}"
    if rollback and rollback.at >= at:
        return rollback.at, f"rolled back, requested at T+{format_duration(data.t_plus(rollback.at))}"
    return NEVER, "still raised at the last sample"


def _in_words(rule: AlertRule | None, value: float) -> str:
    """A value in its unit; a plain number where the page no longer has the rule."""
    return rule.format_value(value) if rule else f"{value:.12g}"

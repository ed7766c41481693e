"""The alerts of a run and how each ended: held, back within its limits, rolled back, or as it was at the end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from commands.report.run_data import RunData
from commands.runbook.alert_rule import AlertRule
from commands.text.durations import format_duration
from state.events import AlertRaised, EventKind, WarningRaised
from state.facts import AlertHold
from state.records import Event


@dataclass(frozen=True, kw_only=True)
class AlertOccurrence:
    """An alert or a warning: when it was told (T+), what was measured and against which rule, and how it ended."""

    at: timedelta
    level: str
    name: str
    value: float
    rule: str
    ended: str


def alert_occurrences(data: RunData, events: Iterable[Event]) -> tuple[AlertOccurrence, ...]:
    """Every alert and warning, in order; one that went on over several measurements stands once."""
    good = {alert.name: _good(data, alert) for alert in data.page.alerts}
    found: list[AlertOccurrence] = []
    last: dict[tuple[EventKind, str], datetime] = {}
    for event in events:
        alert = event.data
        if not isinstance(alert, WarningRaised):
            continue
        ended_at, end = _ended(data, event.at, alert, good.get(alert.name, []))
        if last.get((alert.kind, alert.name)) == ended_at:
            continue
        last[alert.kind, alert.name] = ended_at
        found.append(
            AlertOccurrence(
                at=data.t_plus(event.at),
                level=alert.kind,
                name=alert.name,
                value=alert.value,
                rule=alert.rule,
                ended=end,
            )
        )
    return tuple(found)


def _good(data: RunData, alert: AlertRule) -> list[tuple[datetime, float]]:
    """The moments at which an alert's measure was within its limits."""
    measured = data.measurements(alert.check, alert.measure)
    return [(at, value) for at, value, _ in measured if data.level(alert, value) == "ok"]


def _ended(
    data: RunData, at: datetime, alert: WarningRaised, good: list[tuple[datetime, float]]
) -> tuple[datetime, str]:
    """When it ended (the last moment there is, where it did not), and how in words."""
    back = data.record.rollback
    number = alert.number if isinstance(alert, AlertRaised) else 0
    hold = data.record.newest(AlertHold, alert=alert.name, number=number)
    if hold:
        lasts, when = format_duration(hold.lasts), format_duration(data.t_plus(hold.at))
        return hold.at, f"held as a false alarm for {lasts} at T+{when}: {hold.reason}"
    following = bisect_right(good, at, key=lambda one: one[0])
    if following < len(good) and (back is None or good[following][0] < back.at):
        since, value = good[following]
        return since, f"within its limits again at T+{format_duration(data.t_plus(since))}: {value:.4g}"
    if back and back.at >= at:
        return back.at, f"rolled back, asked for at T+{format_duration(data.t_plus(back.at))}"
    return datetime.max.replace(tzinfo=UTC), "still so at the last look"

"""The alerts of a run and how each ended: held, back within its limits, rolled back, or as it was at the end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from commands.report.reading import Reading
from commands.runbook.alert_rule import Alert
from commands.text.durations import say
from commands.watch.countdown import HELD
from state.records import Event


@dataclass(frozen=True, kw_only=True)
class Rang:
    """An alert or a warning: when it was told (T+), what was measured and against which rule, and how it ended."""

    at: timedelta
    level: str
    name: str
    value: float
    rule: str
    ended: str


def rang(reading: Reading, events: Iterable[Event]) -> tuple[Rang, ...]:
    """Every alert and warning, in order; one that went on over several measurements stands once."""
    good = {alert.name: _good(reading, alert) for alert in reading.page.alerts}
    found: list[Rang] = []
    last: dict[tuple[str, str], datetime] = {}
    for event in events:
        if event.kind not in {"alert", "warning"}:
            continue
        name = str(event.data.get("name", ""))
        moment, end = _ended(reading, event, good.get(name, []))
        if last.get((event.kind, name)) == moment:
            continue
        last[event.kind, name] = moment
        found.append(
            Rang(
                at=reading.t_plus(event.at),
                level=event.kind,
                name=name,
                value=float(event.data.get("value", 0)),
                rule=str(event.data.get("rule", "")),
                ended=end,
            )
        )
    return tuple(found)


def _good(reading: Reading, alert: Alert) -> list[tuple[datetime, float]]:
    """The moments at which an alert's measure was within its limits."""
    measured = reading.measurements(alert.check, alert.measure)
    return [(at, value) for at, value, _ in measured if reading.level(alert, value) == "ok"]


def _ended(reading: Reading, event: Event, good: list[tuple[datetime, float]]) -> tuple[datetime, str]:
    """When it ended (the last moment there is, where it did not), and how in words."""
    back = reading.record.fact("rollback")
    hold = reading.record.fact(HELD, str(event.data.get("name", "")), int(event.data.get("attempt", 0)))
    if hold:
        return hold.at, f"held as a false alarm for {hold.said} at T+{say(reading.t_plus(hold.at))}: {hold.reason}"
    following = bisect_right(good, event.at, key=lambda one: one[0])
    if following < len(good) and (back is None or good[following][0] < back.at):
        at, value = good[following]
        return at, f"within its limits again at T+{say(reading.t_plus(at))}: {value:.4g}"
    if back and back.at >= event.at:
        return back.at, f"rolled back, asked for at T+{say(reading.t_plus(back.at))}"
    return datetime.max.replace(tzinfo=UTC), "still so at the last look"

"""The charts of a run: response time, error share, CPU and memory over T+, with limits, alerts and what was usual before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from commands.report.reading import Reading
from commands.runbook.alert_rule import Alert

MOST_LINES = 3  # more lines in one small panel cannot be told apart on a phone
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One measured line: points of (T+ in hours, value), and the mean of what was measured before production changed."""

    name: str
    points: tuple[Point, ...]
    baseline: float | None = None


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit of the alert table; `kind` is "alert" or "warning"."""

    name: str
    value: float
    kind: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One small chart: lines of one unit ("s" or "%"), the limits that hold for them, and the points that raised an alert."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    limits: tuple[Limit, ...]
    raised: tuple[Point, ...]


def panels(reading: Reading) -> tuple[Panel, ...]:
    """The panels for which something was measured."""
    made = (_response(reading), _errors(reading), _host(reading))
    return tuple(panel for panel in made if panel.lines)


def _response(reading: Reading) -> Panel:
    limited = {alert.check for alert in reading.page.alerts if alert.measure == "seconds"}
    checks = [step for step in reading.page.part("watch") if step.box.kind == "http" or step.id in limited]
    checks.sort(key=lambda step: step.id not in limited)
    lines = [_line(reading, step.id, "seconds", _short(step.title)) for step in checks]
    return _panel(reading, "Response time", "s", lines, {"seconds": 1})


def _errors(reading: Reading) -> Panel:
    """How many percent of the checks of each round failed, and of the repeated smoke tests."""
    rounds: dict[int, list[Point]] = {}
    every = reading.page.runbook.status_every
    steps = reading.page.part("watch")
    for step in steps:
        if step.box.kind == "repeat":
            continue
        for at, failed, after in reading.measurements(step.id, "failed"):
            passed = reading.t_plus(at)
            if after:
                rounds.setdefault(round(passed / every), []).append((_hours(passed), min(failed, 1.0)))
    shares = [
        (max(at for at, _ in one), 100 * sum(bad for _, bad in one) / len(one)) for _, one in sorted(rounds.items())
    ]
    lines = [Line(name="Checks of a round", points=tuple(shares))]
    lines += [_line(reading, step.id, "failed_share", _short(step.title), 100) for step in steps]
    return _panel(reading, "Error share", "%", lines, {"failed": 100, "failed_share": 100})


def _host(reading: Reading) -> Panel:
    names = (("cpu", "CPU"), ("memory", "Memory"))
    lines = [_line(reading, step.id, measure, name) for measure, name in names for step in reading.page.part("watch")]
    return _panel(reading, "CPU and memory", "%", lines, {"cpu": 1, "memory": 1})


def _line(reading: Reading, step: str, measure: str, name: str, scale: float = 1) -> Line:
    found = [(at, scale * value, after) for at, value, after in reading.measurements(step, measure)]
    before = [value for _, value, after in found if not after]
    return Line(
        name=name,
        points=tuple((_hours(reading.t_plus(at)), value) for at, value, after in found if after),
        baseline=sum(before) / len(before) if before else None,
    )


def _panel(reading: Reading, title: str, unit: str, lines: list[Line], measures: dict[str, float]) -> Panel:
    """A panel of the lines that have points; `measures` says which alerts belong to it, and their scale to its unit."""
    alerts = [alert for alert in reading.page.alerts if alert.measure in measures and not alert.expected]
    return Panel(
        title=title,
        unit=unit,
        lines=tuple([line for line in lines if line.points][:MOST_LINES]),
        limits=tuple(limit for alert in alerts for limit in _limits(alert, measures[alert.measure])),
        raised=tuple(point for alert in alerts for point in _raised(reading, alert, measures[alert.measure])),
    )


def _limits(alert: Alert, scale: float) -> list[Limit]:
    values = {"alert": alert.above, "warning": alert.warn_above}
    # a limit of zero would lie on the axis: that anything at all is too much is seen from the line itself
    return [Limit(name=alert.name, value=scale * v, kind=kind) for kind, v in values.items() if v]


def _raised(reading: Reading, alert: Alert, scale: float) -> list[Point]:
    measured = reading.measurements(alert.check, alert.measure)
    return [
        (_hours(reading.t_plus(at)), scale * value)
        for at, value, after in measured
        if after and reading.level(alert, value) == "alert"
    ]


def _short(title: str) -> str:
    """A title without its "Every 15 minutes:", which all checks of a chart have in common."""
    return title.rpartition(": ")[2]


def _hours(passed: timedelta) -> float:
    return round(passed.total_seconds() / 3600, 4)

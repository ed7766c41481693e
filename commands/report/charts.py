"""The charts of a run over T+: response time, error share, CPU and memory."""

from __future__ import annotations

from datetime import timedelta

from commands.report.run_data import RunData
from commands.runbook.alert_rule import AlertRule
from commands.runbook.groups import on_host
from commands.runbook.page import Part
from commands.text.phrases import short_title
from state.frozen import dataclass

MAX_LINES = 3  # more lines in one small panel cannot be told apart on a phone
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a chart: points of (T+ in hours, value), and the mean of the values before production changed."""

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
    """One small chart: lines of one unit ("s" or "%"), their limits, and the points that raised an alert."""

    title: str
    unit: str
    lines: tuple[Series, ...]
    limits: tuple[Limit, ...]
    raised: tuple[Point, ...]


def panels(data: RunData) -> tuple[Panel, ...]:
    """The panels that have at least one measurement."""
    return tuple(panel for panel in (_response_time(data), _error_share(data), _host_load(data)) if panel.lines)


def _response_time(data: RunData) -> Panel:
    limited = {alert.check for alert in data.page.alerts if alert.measure == "seconds"}
    checks = [step for step in data.page.part(Part.WATCH) if step.box.measures_response_time or step.id in limited]
    checks.sort(key=lambda step: step.id not in limited)
    lines = [_line(data, step.id, "seconds", _short(step.title)) for step in checks]
    return _panel(data, "Response time", "s", lines, {"seconds": 1})


def _error_share(data: RunData) -> Panel:
    """The share of failed checks in each round, in percent, and that of the repeated smoke tests."""
    rounds: dict[int, list[Point]] = {}
    every = data.page.runbook.status_every
    steps = data.page.part(Part.WATCH)
    for step in steps:
        if step.box.reruns_steps:
            continue
        for at, failed, after in data.measurements(step.id, "failed"):
            passed = data.t_plus(at)
            if after:
                rounds.setdefault(round(passed / every), []).append((_hours(passed), min(failed, 1.0)))
    shares = [
        (max(at for at, _ in points), 100 * sum(failed for _, failed in points) / len(points))
        for _, points in sorted(rounds.items())
    ]
    lines = [Series(name="Checks of a round", points=tuple(shares))]
    lines += [_line(data, step.id, "failed_share", _short(step.title), 100) for step in steps]
    return _panel(data, "Error share", "%", lines, {"failed": 100, "failed_share": 100})


def _host_load(data: RunData) -> Panel:
    names = (("cpu", "CPU"), ("memory", "Memory"))
    lines = [
        _line(data, step.id, measure, on_host(name, step.host))
        for measure, name in names
        for step in data.page.part(Part.WATCH)
    ]
    return _panel(data, "CPU and memory", "%", lines, {"cpu": 1, "memory": 1})


def _line(data: RunData, step: str, measure: str, name: str, scale: float = 1) -> Series:
    measured = [(at, scale * value, after) for at, value, after in data.measurements(step, measure)]
    before = [value for _, value, after in measured if not after]
    return Series(
        name=name,
        points=tuple((_hours(data.t_plus(at)), value) for at, value, after in measured if after),
        baseline=sum(before) / len(before) if before else None,
    )


def _panel(data: RunData, title: str, unit: str, lines: list[Series], measures: dict[str, float]) -> Panel:
    """A panel of the lines that have points. `measures` maps the measures whose alerts belong to it to their scale."""
    alerts = [alert for alert in data.page.alerts if alert.measure in measures and not alert.expected]
    return Panel(
        title=title,
        unit=unit,
        lines=tuple([line for line in lines if line.points][:MAX_LINES]),
        limits=tuple(limit for alert in alerts for limit in _limits(alert, measures[alert.measure])),
        raised=tuple(point for alert in alerts for point in _raised(data, alert, measures[alert.measure])),
    )


def _limits(alert: AlertRule, scale: float) -> list[Limit]:
    values = {"alert": alert.above, "warning": alert.warn_above}
    # a limit of zero would lie on the axis; the line itself shows whether there is anything at all
    return [Limit(name=alert.name, value=scale * value, kind=kind) for kind, value in values.items() if value]


def _raised(data: RunData, alert: AlertRule, scale: float) -> list[Point]:
    measured = data.measurements(alert.check, alert.measure)
    return [
        (_hours(data.t_plus(at)), scale * value)
        for at, value, after in measured
        if after and data.level(alert, value) == "alert"
    ]


def _short(title: str) -> str:
    """A title without its "Every 15 minutes:", which all checks of a chart share."""
    return short_title(title)


def _hours(passed: timedelta) -> float:
    return round(passed.total_seconds() / 3600, 4)

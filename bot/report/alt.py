"""The alt text of a chart: its numbers in words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report.labels import tidy
from commands.report.charts import Panel, Series
from commands.text.durations import format_seconds


def alt_text(panels: Sequence[Panel]) -> str:
    """One sentence for each panel, for people who cannot see the chart. Empty without panels."""
    return " ".join(_panel(panel) for panel in panels)


def _panel(panel: Panel) -> str:
    lines = "; ".join(_line(line, panel.unit) for line in panel.lines)
    limits = dict.fromkeys(f"{limit.kind} above {number(limit.value, panel.unit)}" for limit in panel.limits)
    raised = [f"{len(panel.raised)} over the alert limit"] if panel.raised else []
    return f"{panel.title}: {'; '.join([lines, *limits, *raised])}."


def _line(line: Series, unit: str) -> str:
    values = [number(value, unit) for _, value in line.points]
    lowest, highest = (number(limit, unit) for limit in _span(line))
    span = values[-1]
    if len(values) > 1 and lowest == highest:
        span += f" in all {len(values)} samples"
    elif len(values) > 1:
        span += f" now, {lowest} to {highest} in {len(values)} samples"
    before = f", {number(line.baseline, unit)} before the deploy" if line.baseline is not None else ""
    return f"{tidy(line.name, 60)} {span}{before}"


def _span(line: Series) -> tuple[float, float]:
    values = [value for _, value in line.points]
    return min(values), max(values)


def number(value: float, unit: str) -> str:
    """A measured value with its unit: "45 ms", "1.2 s", "2 min", "38 %"."""
    return format_seconds(value) if unit == "s" else f"{value:.0f} {unit}"

"""What a chart shows, in words with its numbers: for those who cannot see it, and for the report's Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report.labels import tidy
from commands.report.charts import Panel, Series


def alt_text(panels: Sequence[Panel]) -> str:
    """One sentence for each panel; empty without panels."""
    return " ".join(_panel(panel) for panel in panels)


def _panel(panel: Panel) -> str:
    lines = "; ".join(_line(line, panel.unit) for line in panel.lines)
    limits = dict.fromkeys(f"{limit.kind} above {number(limit.value, panel.unit)}" for limit in panel.limits)
    raised = [f"{len(panel.raised)} over the alert's limit"] if panel.raised else []
    return f"{panel.title}: {'; '.join([lines, *limits, *raised])}."


def _line(line: Series, unit: str) -> str:
    values = [value for _, value in line.points]
    span = number(values[-1], unit)
    if len(values) > 1 and number(min(values), unit) == number(max(values), unit):
        span += f" in all {len(values)} measurements"
    elif len(values) > 1:
        span += f" now, {number(min(values), unit)} to {number(max(values), unit)} in {len(values)} measurements"
    before = f", {number(line.baseline, unit)} before the deploy" if line.baseline is not None else ""
    return f"{tidy(line.name, 60)} {span}{before}"


def number(value: float, unit: str) -> str:
    """A measured value as people say it: "45 ms", "1.2 s", "38 %"."""
    if unit == "s":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2g} s"
    return f"{value:.0f} {unit}"

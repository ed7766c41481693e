"""Draws the panels of a chart: JSON on stdin, PNG on stdout.

It runs as a process of its own, so that the bot itself never loads matplotlib.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from typing import Any

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

# the Okabe-Ito colours, which people with any colour vision can tell apart; dash and marker differ as well
STYLES = (("#0072B2", "-", "o"), ("#E69F00", "--", "s"), ("#009E73", "-.", "^"))
LIMIT, WARNING, INK, SOFT = "#D55E00", "#CC79A7", "#1d1c1d", "#6b6b6b"
WIDTH, PANEL_HEIGHT = 3.9, 1.42  # inches
DPI = 200  # 390 px wide on a phone, at twice its density
FONTS = ("DejaVu Sans", "Noto Sans Thai")
MAX_MARKERS = 24


def main() -> int:
    """Read the panels from stdin and write the PNG to stdout."""
    sys.stdout.buffer.write(draw(json.load(sys.stdin)))
    return 0


def draw(panels: list[dict[str, Any]]) -> bytes:
    """The PNG of the panels (`commands.report.charts.Panel` as dicts), one below the other on one T+ axis."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Glyph .* missing from")
    known = {font.name for font in font_manager.fontManager.ttflist}
    families = [name for name in FONTS if name in known]
    figure = Figure(
        figsize=(WIDTH, PANEL_HEIGHT * len(panels) + 0.25), dpi=DPI, layout="constrained", facecolor="white"
    )
    import matplotlib as mpl

    mpl.rcdefaults()  # and not the settings of a matplotlibrc that somebody has on this machine
    with mpl.rc_context({"font.family": families, "font.size": 8.5, "text.parse_math": False}):
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axis, panel in zip(axes, panels, strict=True):
            _panel(axis, panel)
        axes[-1].xaxis.set_major_formatter(FuncFormatter(_t_plus))
        axes[-1].xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _panel(axis: Axes, panel: dict[str, Any]) -> None:
    unit = panel["unit"]
    values = [value for line in panel["lines"] for _, value in line["points"]]
    values += [line["baseline"] for line in panel["lines"] if line["baseline"] is not None]
    label_length = 15 if len(panel["lines"]) > 2 else 26
    for style, line in zip(STYLES, panel["lines"], strict=False):
        _line(axis, line, style, label_length)
    top = _limits(axis, panel["limits"], max(values), unit)
    if panel["raised"]:
        axis.plot(*_xy(panel["raised"]), ls="", marker="X", ms=7, mfc=LIMIT, mec="white", mew=0.6, zorder=5)
    axis.set_ylim(0, top)
    axis.set_title(f"{panel['title']}, {unit}", loc="left", fontsize=9, fontweight="bold", color=INK, pad=14)
    legend = axis.legend(
        loc="lower left", bbox_to_anchor=(0, 0.99), ncols=3, fontsize=7.5, frameon=False, borderpad=0,
        borderaxespad=0.1, handlelength=2.2, columnspacing=1.0, handletextpad=0.4, labelcolor=INK,
    )  # fmt: skip
    legend.set_in_layout(False)
    axis.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axis.tick_params(colors=SOFT, length=2)
    axis.grid(axis="y", color="#e4e4e4", lw=0.6)
    axis.spines[["top", "right"]].set_visible(False)
    axis.margins(x=0.03)


def _line(axis: Axes, line: dict[str, Any], style: tuple[str, str, str], label_length: int) -> None:
    colour, dash, marker = style
    points, name = line["points"], str(line["name"])
    label = name if len(name) <= label_length else name[: label_length - 1].rstrip() + "…"
    every = max(1, len(points) // MAX_MARKERS)
    axis.plot(*_xy(points), color=colour, ls=dash, lw=1.5, marker=marker, ms=3.6, markevery=every, label=label)
    if line["baseline"] is not None:
        axis.axhline(line["baseline"], color=colour, lw=1.0, ls=(0, (1, 1.6)), zorder=1)
        _write(axis, "before", line["baseline"], 0.5, "center")


def _limits(axis: Axes, limits: list[dict[str, Any]], highest: float, unit: str) -> float:
    """Draw the limits that are close enough to the values to be readable. Returns the top of the axis."""
    furthest = max(highest * 8, 100 if unit == "%" else 0)
    near: list[dict[str, Any]] = [limit for limit in limits if limit["value"] <= furthest]
    top: float = max([highest * 1.25, 1e-3, *(limit["value"] * 1.15 for limit in near)])
    if unit == "%" and highest <= 100:
        top = min(top, 112.0)
    for kind, colour, dash, x, side in (
        ("alert", LIMIT, (0, (5, 1.5)), 1.0, "right"),
        ("warning", WARNING, (0, (2, 2)), 0.0, "left"),
    ):
        values = sorted({limit["value"] for limit in near if limit["kind"] == kind}, reverse=True)
        for value in values:
            axis.axhline(value, color=colour, lw=1.1, ls=dash, zorder=1)
        while values:
            close = [value for value in values if values[0] - value < 0.13 * top]
            _write(axis, f"{kind} {', '.join(f'{value:.12g}' for value in reversed(close))}", close[0], x, side)
            values = values[len(close) :]
    return top


def _write(axis: Axes, text: str, value: float, x: float, side: str) -> None:
    """Small text on a horizontal line, on a white background so that it is readable over other lines."""
    axis.annotate(
        text,
        (x, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 1),
        textcoords="offset points",
        ha=side,
        va="bottom",
        fontsize=6.5,
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.4},
    )


def _xy(points: list[list[float]]) -> tuple[list[float], list[float]]:
    return [at for at, _ in points], [value for _, value in points]


def _t_plus(hours: float, _: int) -> str:
    whole, minutes = divmod(round(hours * 60), 60)
    return f"T+{whole}:{minutes:02}"


if __name__ == "__main__":
    sys.exit(main())

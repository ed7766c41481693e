"""The report as one self-contained HTML page, without scripts or requests."""

from __future__ import annotations

import base64
from pathlib import Path

from bot.report.layout import headline, lay_out
from commands.report.report import Report

TEMPLATE = Path(__file__).with_name("report.html.j2")


def as_html(report: Report, chart: bytes | None = None) -> str:
    """The whole report. `chart` is the PNG of its panels. The template escapes all text of the record."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    picture = f"data:image/png;base64,{base64.b64encode(chart).decode()}" if chart else ""
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(headline=headline(report), parts=lay_out(report), picture=picture)

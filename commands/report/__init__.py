"""What is told of a run when it is over, and of all runs together, as plain values; how it looks is the business of `bot`."""

from commands.report.charts import Panel, panels
from commands.report.delivery import Figures, figures
from commands.report.report import Report, build_report

__all__ = ["Figures", "Panel", "Report", "build_report", "figures", "panels"]
